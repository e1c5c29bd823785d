#include "cli/app.hpp"
#include "core/base/strings.hpp"
#include "core/json/codec.hpp"
#include "tests/support/test_loop.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using namespace kontena;
using namespace kontena::cli;
using core::Result;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// The master of a test: replies by `METHOD path`, the last one again and again.
struct Master {
    std::map<std::string, std::deque<Result<boost::json::value>>> replies;
    std::vector<std::string> requests;
    std::vector<std::string> bodies;
    std::vector<std::string> stream;

    void on(std::string const& request, std::string_view json) {
        replies[request].push_back(json::parse(json));
    }

    void fail(std::string const& request, core::Error error) {
        replies[request].emplace_back(std::move(error));
    }
};

class FakeClient final : public ApiClient {
public:
    explicit FakeClient(Master& master)
        : master_(master) {}

    awaitable<Result<boost::json::value>> request(ApiRequest request) override {
        auto const key = request.method + " " + request.path;
        master_.requests.push_back(key);
        master_.bodies.push_back(request.body ? json::serialize(*request.body) : "");
        auto const found = master_.replies.find(key);
        if (found == master_.replies.end())
            co_return error_of_reply(404, "", "/v1/" + request.path);
        auto reply = found->second.front();
        if (found->second.size() > 1) found->second.pop_front();
        co_return reply;
    }

    awaitable<Result<>>
    follow(std::string path, std::function<bool(std::string_view)> line) override {
        master_.requests.push_back("FOLLOW " + path);
        if (master_.stream.empty()) co_return core::fail(core::Errc::denied, "enough");
        for (auto const& text : master_.stream) line(text);
        master_.stream.clear();
        co_return core::fail(core::Errc::unavailable, "cut off");
    }

private:
    Master& master_;
};

class Commands : public ::testing::Test {
protected:
    Commands()
        : folder_(fs::temp_directory_path() / ("kontena-cli-test-" + std::to_string(getpid()))) {
        fs::remove_all(folder_);
        fs::create_directories(folder_);
        env_["KONTENA_CONFIG"] = (folder_ / "client.json").string();
        write("client.json", R"({"current_server":"m","servers":[
            {"name":"m","url":"http://m:9292","token":"t","grid":"prod"}]})");
        write("shop.yml", "stack: shop\nservices:\n  web:\n    image: web:1\n");
    }

    ~Commands() override { fs::remove_all(folder_); }

    void write(std::string const& name, std::string const& text) {
        fs::create_directories((folder_ / name).parent_path());
        std::ofstream(folder_ / name) << text;
    }

    std::string path(std::string const& name) const { return (folder_ / name).string(); }

    std::string config_text() const {
        std::ifstream in(folder_ / "client.json");
        return {std::istreambuf_iterator<char>(in), {}};
    }

    int kontena(std::vector<std::string> words, std::string const& input = "") {
        std::ostringstream out;
        std::ostringstream err;
        std::istringstream in(input);
        Terminal terminal{
            .out = out,
            .err = err,
            .in = in,
            .out_style = render::Style(),
            .err_style = render::Style(),
            .farewell = [this](std::string const& text) { farewells_.push_back(text); },
        };
        Surroundings const around{
            .terminal = terminal,
            .env = [this](std::string_view name) -> std::optional<std::string> {
                auto const found = env_.find(std::string(name));
                return found == env_.end() ? std::nullopt : std::optional(found->second);
            },
            .now = [this] { return now_; },
            .sleep = [this](core::Millis time) { return pass(time); },
            .connect = [this](Server const& server, bool) -> Result<std::unique_ptr<ApiClient>> {
                connected_.push_back(server.url + " " + server.token);
                return std::make_unique<FakeClient>(master_);
            },
            .run_program = [this](std::vector<std::string> argv) { return run_program(argv); },
        };
        int code = -1;
        tests::run(store(cli::run(around, std::move(words)), &code));
        out_ = out.str();
        err_ = err.str();
        return code;
    }

    static awaitable<void> store(awaitable<int> task, int* code) {
        *code = co_await std::move(task);
    }

    awaitable<Result<int>> run_program(std::vector<std::string> argv) {
        programs_.push_back(fmt::format("{}", fmt::join(argv, " | ")));
        co_return program_code_;
    }

    awaitable<void> pass(core::Millis time) {
        now_ += time;
        co_return;
    }

    Master master_;
    std::vector<std::string> programs_; ///< that were run
    std::vector<std::string> farewells_;
    int program_code_ = 0;
    std::map<std::string, std::string> env_;
    std::vector<std::string> connected_;
    core::TimePoint now_ = *core::parse_time("2026-01-01T00:00:00Z");
    fs::path folder_;
    std::string out_;
    std::string err_;
};

constexpr auto kEmptyPlan = R"({"plan":{"id":"","actions":[]}})";
constexpr auto kPlan = R"({"plan":{"id":"prod/p1","grid":"prod","actions":[
    {"kind":"create","stack":"prod/shop","service":"prod/shop/web"}]}})";

std::string progress(std::string_view state, std::string_view more = "") {
    return fmt::format(
        R"({{"plan":null,"progress":{{"state":"{}","services":[{{"service":"prod/shop/web",
            "state":"{}","ready":0,"total":1{}}}]}}}})",
        state,
        state,
        more
    );
}

TEST_F(Commands, RebalanceShowsWhatWouldMoveAndHowToDoIt) {
    master_.on(
        "POST grids/prod/rebalance",
        R"({"plan": {"id": "prod/1-abc", "hash": "abcdef", "grid": "prod", "moves": 3, "actions": [
            {"kind": "move", "stack": "prod/shop", "service": "prod/shop/web", "reason": "others have less to do",
             "instances": [{"number": 2, "kind": "move", "node": "prod/n2", "from": "prod/n1"}]}]}})"
    );
    EXPECT_EQ(kontena({"grid", "rebalance", "--moves", "3"}), 0) << err_;
    EXPECT_EQ(master_.bodies.back(), R"({"moves":3})");
    EXPECT_THAT(out_, HasSubstr("shop/web  move  others have less to do"));
    EXPECT_THAT(out_, HasSubstr("kontena plan apply 1-abc"));
    EXPECT_EQ(kontena({"grid", "rebalance", "--moves", "0"}), 1);
    EXPECT_THAT(err_, HasSubstr("option '--moves': '0' is not a number from 1 on"));
}

TEST_F(Commands, WrongUsageExitsWithOne) {
    EXPECT_EQ(kontena({"stack", "aply"}), 1);
    EXPECT_THAT(err_, HasSubstr("did you mean 'apply'?"));
    EXPECT_EQ(out_, "");
    EXPECT_EQ(kontena({"stack", "apply", "--timeout", "soon"}), 1);
    EXPECT_THAT(err_, HasSubstr("--timeout"));
    EXPECT_EQ(kontena({"stack", "apply", "--format", "xml"}), 1);
    EXPECT_THAT(err_, HasSubstr("'xml' is not table, json or markdown"));
}

TEST_F(Commands, HelpAndVersionExitWithZero) {
    EXPECT_EQ(kontena({}), 0);
    EXPECT_THAT(out_, HasSubstr("Usage:"));
    EXPECT_EQ(kontena({"help", "stack", "apply"}), 0);
    EXPECT_THAT(out_, HasSubstr("--detailed-exitcode"));
    EXPECT_EQ(kontena({"--version"}), 0);
    EXPECT_THAT(out_, HasSubstr("kontena-cli "));
    EXPECT_EQ(kontena({"version"}), 0) << "also when the master does not answer";
}

TEST_F(Commands, LoginChecksTheTokenAndSelectsAGrid) {
    master_.on("GET user", R"({"name":"admin"})");
    master_.on("GET grids", R"({"grids":[{"name":"first"}]})");
    EXPECT_EQ(kontena({"master", "login", "--token", "abc", "--name", "new", "https://h:1"}), 0);
    EXPECT_THAT(connected_, ElementsAre("https://h:1 abc"));
    EXPECT_THAT(out_, HasSubstr("Authenticated to Kontena Master new at https://h:1 as admin"));
    EXPECT_THAT(config_text(), HasSubstr(R"("current_server": "new")"));
    EXPECT_THAT(config_text(), HasSubstr(R"("grid": "first")"));
    EXPECT_EQ(kontena({"master", "use", "m"}), 0);
    EXPECT_THAT(config_text(), HasSubstr(R"("current_server": "m")"));
    EXPECT_EQ(kontena({"master", "list"}), 0);
    EXPECT_THAT(out_, HasSubstr("* m"));
}

TEST_F(Commands, AFailedLoginWritesNothing) {
    auto const before = config_text();
    master_.fail("GET user", error_of_reply(403, R"({"error":"invalid_token"})", "/v1/user"));
    EXPECT_EQ(kontena({"master", "login", "--token", "bad", "https://h:1"}), 1);
    EXPECT_EQ(config_text(), before);
    EXPECT_THAT(err_, HasSubstr("does not accept the token"));
}

TEST_F(Commands, WithoutALoginTheErrorSaysWhatToDo) {
    write("client.json", "{}");
    EXPECT_EQ(kontena({"stack", "list"}), 1);
    EXPECT_THAT(err_, HasSubstr("You are not logged into a Kontena Master"));
    EXPECT_THAT(err_, HasSubstr("kontena master login"));
}

TEST_F(Commands, WithoutAGridTheErrorSaysWhatToDo) {
    write(
        "client.json",
        R"({"current_server":"m","servers":[{"name":"m","url":"http://m","token":"t"}]})"
    );
    EXPECT_EQ(kontena({"stack", "list"}), 1);
    EXPECT_THAT(err_, HasSubstr("You have not selected a grid"));
    master_.on("GET grids/other/stacks", R"({"stacks":[]})");
    EXPECT_EQ(kontena({"stack", "list", "--grid", "other"}), 0);
    EXPECT_EQ(out_, "NAME   STACK   SERVICES   STATE   SOURCE   EXPOSED PORTS\n");
}

TEST_F(Commands, GridCreateSelectsTheGridAndShowsItsToken) {
    master_.on("POST grids", R"({"name":"g2","token":"secret-token"})");
    EXPECT_EQ(kontena({"grid", "create", "g2"}), 0);
    EXPECT_THAT(out_, HasSubstr("secret-token"));
    EXPECT_THAT(config_text(), HasSubstr(R"("grid": "g2")"));
    EXPECT_EQ(master_.bodies.back(), R"({"name":"g2","initial_size":1})");
}

TEST_F(Commands, NodeCreatePrintsTheStartLineOfTheAgent) {
    master_.on("POST grids/prod/nodes", R"({"name":"n1","token":"tok"})");
    EXPECT_EQ(kontena({"node", "create", "n1", "-l", "az=a"}), 0);
    EXPECT_THAT(out_, HasSubstr("KONTENA_URI=http://m:9292 KONTENA_NODE_TOKEN=tok kontena-agent"));
    EXPECT_EQ(master_.bodies.back(), R"({"name":"n1","labels":["az=a"]})");
}

TEST_F(Commands, NodeUpdateSendsOnlyWhatWasSaid) {
    master_.on("PUT nodes/prod/n1", "{}");
    EXPECT_EQ(kontena({"node", "update", "n1", "--availability", "drain"}), 0);
    EXPECT_EQ(master_.bodies.back(), R"({"availability":"drain"})");
    EXPECT_EQ(kontena({"node", "update", "n1", "--clear-labels"}), 0);
    EXPECT_EQ(master_.bodies.back(), R"({"labels":[]})");
    EXPECT_EQ(kontena({"node", "update", "n1"}), 1);
    EXPECT_EQ(kontena({"node", "update", "n1", "--availability", "off"}), 1);
}

TEST_F(Commands, DestructiveCommandsWantAForceWithoutATerminal) {
    master_.on("GET nodes/prod/n1", R"({"name":"n1"})");
    master_.on("DELETE nodes/prod/n1", "{}");
    EXPECT_EQ(kontena({"node", "remove", "n1"}), 1);
    EXPECT_THAT(err_, HasSubstr("Command requires --force"));
    EXPECT_EQ(kontena({"node", "rm", "--force", "n1"}), 0);
    EXPECT_EQ(kontena({"stack", "remove", "shop"}), 1);
    EXPECT_EQ(kontena({"source", "remove", "s"}), 1);
}

TEST_F(Commands, DryRunExitCodes) {
    master_.on("POST grids/prod/apply", kEmptyPlan);
    std::vector<std::string> words{"stack", "apply", "-f", path("shop.yml"), "--dry-run"};
    EXPECT_EQ(kontena(words), 0);
    EXPECT_THAT(out_, HasSubstr("nothing to do"));
    words.emplace_back("--detailed-exitcode");
    EXPECT_EQ(kontena(words), 0);
    master_.replies.clear();
    master_.on("POST grids/prod/apply", kPlan);
    EXPECT_EQ(kontena(words), 2);
    EXPECT_THAT(out_, HasSubstr("+ shop/web  create"));
    EXPECT_THAT(
        master_.bodies.back(),
        HasSubstr(R"("dry_run":true,"save":false,"prune":false,"force":false)")
    );
    write("shop.yml", "stack: [");
    EXPECT_EQ(kontena(words), 1);
}

TEST_F(Commands, ABrokenStackFileIsNotSent) {
    write("shop.yml", "stack: shop\nservices:\n  web:\n    image: x\n    instanzen: 3\n");
    EXPECT_EQ(kontena({"stack", "apply", "-f", path("shop.yml")}), 1);
    EXPECT_THAT(err_, HasSubstr("shop.yml:5:5: services.web.instanzen"));
    EXPECT_THAT(err_, HasSubstr("did you mean 'instances'?"));
    EXPECT_THAT(err_, HasSubstr("^~~~~~~~~"));
    EXPECT_TRUE(master_.requests.empty());
}

TEST_F(Commands, ApplyAsJsonPrintsTheReplyOnly) {
    master_.on("POST grids/prod/apply", kPlan);
    EXPECT_EQ(
        kontena({"stack", "apply", "-f", path("shop.yml"), "--dry-run", "--format", "json"}), 0
    );
    auto const document = json::parse(out_);
    ASSERT_TRUE(document);
    EXPECT_EQ(document->at("plan").at("id").as_string(), "prod/p1");
}

TEST_F(Commands, ApplyWithoutWaitReturnsAtOnce) {
    master_.on("POST grids/prod/apply", kPlan);
    EXPECT_EQ(kontena({"stack", "apply", "-f", path("shop.yml")}), 0);
    EXPECT_EQ(master_.requests.size(), 1U);
}

TEST_F(Commands, WaitEndsWithZeroWhenItConverged) {
    master_.on("POST grids/prod/apply", kPlan);
    master_.on("GET plans/prod/p1", progress("ongoing"));
    master_.fail("GET plans/prod/p1", core::fail(core::Errc::unavailable, "connection refused"));
    master_.on("GET plans/prod/p1", progress("converged"));
    EXPECT_EQ(kontena({"stack", "apply", "-f", path("shop.yml"), "--wait"}), 0);
    EXPECT_THAT(out_, HasSubstr("0/1 ready  deploying"));
    EXPECT_THAT(out_, HasSubstr("Converged after"));
    EXPECT_THAT(err_, HasSubstr("connection refused; asking again"));
}

TEST_F(Commands, WaitEndsWithOneAndTheReasonWhenItFailed) {
    master_.on("POST grids/prod/apply", kPlan);
    master_.on(
        "GET plans/prod/p1",
        progress("failed", R"(,"reason":"instance 1 failed","instances":[{"number":1,"node":"n1",
            "state":"failed","error":"exited with 3","log_tail":["crash line 25"]}])")
    );
    EXPECT_EQ(kontena({"stack", "apply", "-f", path("shop.yml"), "--wait"}), 1);
    EXPECT_THAT(out_, HasSubstr("shop/web-1 on n1: failed: exited with 3"));
    EXPECT_THAT(out_, HasSubstr("| crash line 25"));
}

TEST_F(Commands, WaitGivesUpAfterItsTime) {
    master_.on("POST grids/prod/apply", kPlan);
    master_.on("GET plans/prod/p1", progress("ongoing", R"(,"reason":"no node has room")"));
    EXPECT_EQ(kontena({"stack", "apply", "-f", path("shop.yml"), "--wait", "--timeout", "3s"}), 1);
    EXPECT_THAT(out_, HasSubstr("Not done after"));
    EXPECT_THAT(out_, HasSubstr("no node has room"));
}

TEST_F(Commands, WaitWithAnEmptyPlanWaitsForWhatIsUnderWay) {
    master_.on("POST grids/prod/apply", kEmptyPlan);
    master_.on("GET grids/prod/services?stack=shop", R"({"services":[{"id":"prod/shop/web"}]})");
    master_.on(
        "GET services/prod/shop/web", R"({"id":"prod/shop/web","deploy":{"state":"ongoing"}})"
    );
    master_.on(
        "GET services/prod/shop/web", R"({"id":"prod/shop/web","deploy":{"state":"success"}})"
    );
    EXPECT_EQ(kontena({"stack", "apply", "-f", path("shop.yml"), "--wait"}), 0);
    EXPECT_THAT(out_, HasSubstr("Converged"));
}

TEST_F(Commands, ARefusalOfTheMasterIsShownAsItIs) {
    master_.fail(
        "POST grids/prod/apply",
        error_of_reply(409, R"({"error":"stack shop belongs to source team-repo"})", "/")
    );
    EXPECT_EQ(kontena({"stack", "apply", "-f", path("shop.yml")}), 1);
    EXPECT_THAT(err_, HasSubstr("grid prod: stack shop belongs to source team-repo"));
}

TEST_F(Commands, SourceAddSendsWhatWasSaidAndShowsTheWebhook) {
    master_.on(
        "POST grids/prod/sources",
        R"({"source":{"id":"prod/s"},"webhook_path":"/v1/sources/prod/s/webhook","webhook_secret":"w"})"
    );
    EXPECT_EQ(
        kontena(
            {"source",
             "add",
             "s",
             "--url",
             "https://g/x.git",
             "--policy",
             "auto",
             "--interval",
             "2m",
             "--no-prune",
             "--username",
             "u",
             "--password-stdin"},
            "pass\n"
        ),
        0
    );
    EXPECT_EQ(
        master_.bodies.back(),
        R"({"url":"https://g/x.git","username":"u","policy":"automatic","prune":false,)"
        R"("interval":120,"password":"pass","name":"s"})"
    );
    EXPECT_THAT(out_, HasSubstr("webhook: http://m:9292/v1/sources/prod/s/webhook"));
    EXPECT_THAT(out_, HasSubstr("webhook secret: w"));
    EXPECT_EQ(kontena({"source", "add", "s"}), 1);
    EXPECT_THAT(err_, HasSubstr("--url"));
}

TEST_F(Commands, SyncOfABrokenCommitFailsWithItsIssues) {
    master_.on(
        "POST sources/prod/s/sync",
        R"({"plan":null,"status":{"id":"prod/s","state":"refused","seen_commit":"abcdef0123456",
            "error":"1 problem","issues":[{"path":"p","reason":"unknown key","file":"a.yml","line":5}]}})"
    );
    EXPECT_EQ(kontena({"source", "sync", "s", "--wait"}), 1);
    EXPECT_THAT(err_, HasSubstr("commit abcdef0123 of source s is refused"));
    EXPECT_THAT(err_, HasSubstr("a.yml:5: p: unknown key"));
}

TEST_F(Commands, SyncWaitsForThePlanThatAPollHasApplied) {
    master_.on(
        "POST sources/prod/s/sync",
        R"({"plan":{"id":""},"status":{"id":"prod/s","state":"synced","plan":"prod/p1"}})"
    );
    master_.on("GET plans/prod/p1", progress("converged"));
    EXPECT_EQ(kontena({"source", "sync", "s", "--wait"}), 0);
    EXPECT_THAT(master_.requests, ElementsAre("POST sources/prod/s/sync", "GET plans/prod/p1"));
}

TEST_F(Commands, SyncNamesTheOlderPlanThatItWaitsFor) {
    master_.on(
        "POST sources/prod/s/sync",
        R"({"plan":{"id":""},"status":{"id":"prod/s","state":"synced","plan":"prod/p1"}})"
    );
    master_.on("GET plans/prod/p1", progress("converged"));
    EXPECT_EQ(kontena({"source", "sync", "s", "--wait"}), 0);
    EXPECT_THAT(out_, HasSubstr("Waiting for plan p1, the last one of this source"));
    EXPECT_THAT(out_, Not(HasSubstr("nothing to do")));
    EXPECT_EQ(kontena({"source", "sync", "s"}), 0);
    EXPECT_THAT(out_, HasSubstr("nothing to do"));
}

TEST_F(Commands, AFailureEndsWithWhatToDo) {
    master_.on(
        "POST sources/prod/s/sync",
        R"({"plan":{"id":"prod/p1","actions":[{"kind":"create","service":"prod/shop/web"}]},
            "status":{"id":"prod/s","state":"synced"}})"
    );
    master_.on("GET plans/prod/p1", progress("failed"));
    EXPECT_EQ(kontena({"source", "sync", "s", "--wait"}), 1);
    EXPECT_THAT(out_, testing::EndsWith("or try it again: kontena source retry s\n"));
    master_.on("POST grids/prod/apply", kPlan);
    EXPECT_EQ(kontena({"stack", "apply", "-f", path("shop.yml"), "--wait"}), 1);
    EXPECT_THAT(out_, HasSubstr("shop/web stays as it is, unless its on_failure says otherwise"));
    EXPECT_THAT(out_, testing::EndsWith("kontena deploy resume shop/web\n"));
}

TEST_F(Commands, WhoWaitsForAPausedDeployIsTold) {
    master_.on("POST grids/prod/apply", kPlan);
    master_.on("GET plans/prod/p1", progress("ongoing", R"(,"reason":"paused by ann")"));
    EXPECT_EQ(kontena({"stack", "apply", "-f", path("shop.yml"), "--wait", "--timeout", "3s"}), 1);
    EXPECT_THAT(err_, HasSubstr("shop/web is paused by ann"));
    EXPECT_THAT(err_, HasSubstr("kontena deploy resume shop/web"));
    EXPECT_THAT(err_, Not(HasSubstr("goes on")));
}

TEST_F(Commands, APlanThatIsNotWaitedForSaysHowToWatchIt) {
    master_.on("POST plans/prod/p1/apply", kPlan);
    EXPECT_EQ(kontena({"plan", "apply", "p1"}), 0);
    EXPECT_THAT(out_, testing::EndsWith("Plan p1 has begun. Watch it: kontena plan show p1\n"));
}

TEST_F(Commands, AbortSaysWhatBecomesOfTheCommit) {
    std::string const request = "POST services/prod/shop/web/deploys/abort";
    master_.on(request, R"({"id":"prod/shop/web/3","status":"aborting","cause":{"actor":"ann"}})");
    EXPECT_EQ(kontena({"deploy", "abort", "shop/web"}), 0);
    EXPECT_EQ(out_, "Deploy 3 of shop/web: aborting\n");
    master_.replies.clear();
    master_.on(
        request,
        R"({"id":"prod/shop/web/3","status":"aborting",
            "cause":{"commit":"abcdef0123456","source":"apps"}})"
    );
    EXPECT_EQ(kontena({"deploy", "abort", "shop/web"}), 0);
    EXPECT_THAT(out_, HasSubstr("It came with commit abcdef0123 of source apps"));
    EXPECT_THAT(out_, HasSubstr("kontena source retry apps"));
}

TEST_F(Commands, StackRemoveWaitsUntilTheContainersAreGone) {
    master_.on("DELETE stacks/prod/shop", kPlan);
    master_.on("DELETE stacks/prod/owned?force=1", kEmptyPlan);
    master_.on("GET plans/prod/p1", progress("ongoing"));
    master_.on("GET plans/prod/p1", progress("converged"));
    EXPECT_EQ(kontena({"stack", "rm", "--force", "shop"}), 0);
    EXPECT_THAT(out_, HasSubstr("Removed stack shop"));
    EXPECT_EQ(master_.requests.size(), 3U);
    // --force means no question; what a source owns takes more than that.
    EXPECT_EQ(kontena({"stack", "rm", "--force", "owned"}), 1);
    EXPECT_EQ(kontena({"stack", "rm", "--force", "--owned", "owned"}), 0);
}

TEST_F(Commands, EveryListAndDetailIsThereAsJson) {
    struct Question {
        std::vector<std::string> words;
        std::string request;
    };

    std::vector<Question> const questions{
        {{"grid", "list"}, "GET grids"},
        {{"grid", "show", "prod"}, "GET grids/prod"},
        {{"node", "list"}, "GET grids/prod/nodes"},
        {{"node", "show", "n1"}, "GET nodes/prod/n1"},
        {{"stack", "list"}, "GET grids/prod/stacks"},
        {{"stack", "show", "shop"}, "GET stacks/prod/shop"},
        {{"service", "list"}, "GET grids/prod/services"},
        {{"service", "show", "shop/web"}, "GET services/prod/shop/web"},
        {{"source", "list"}, "GET grids/prod/sources"},
        {{"source", "show", "s"}, "GET sources/prod/s"},
        {{"deploy", "list", "shop/web"}, "GET services/prod/shop/web/deploys"},
        {{"plan", "list"}, "GET grids/prod/plans"},
        {{"plan", "show", "p1"}, "GET plans/prod/p1"},
    };
    for (auto const& question : questions) {
        master_.replies.clear();
        master_.on(question.request, R"({"unheard":"of"})");
        auto words = question.words;
        words.insert(words.end(), {"--format", "json"});
        EXPECT_EQ(kontena(words), 0) << question.request << err_;
        auto const document = json::parse(out_);
        ASSERT_TRUE(document) << question.request;
        EXPECT_EQ(document->at("unheard").as_string(), "of") << question.request;
    }
}

TEST_F(Commands, WhoStopsWaitingIsToldThatItGoesOn) {
    master_.on("POST grids/prod/apply", kPlan);
    master_.on("GET plans/prod/p1", progress("ongoing"));
    EXPECT_EQ(kontena({"stack", "apply", "-f", path("shop.yml"), "--wait", "--timeout", "3s"}), 1);
    EXPECT_THAT(err_, HasSubstr("the deploy goes on without being waited for"));
    EXPECT_THAT(err_, HasSubstr("Watch it: kontena plan show p1"));
    EXPECT_THAT(err_, HasSubstr("Stop it: kontena deploy abort shop/web"));
    ASSERT_GE(farewells_.size(), 2U);
    EXPECT_THAT(farewells_.front(), HasSubstr("kontena plan show p1"));
    EXPECT_EQ(farewells_.back(), "") << "when nothing is waited for";
}

TEST_F(Commands, SavedPlansAndNewSourcesSayWhatIsNext) {
    master_.on("POST grids/prod/apply", kPlan);
    std::vector<std::string> words{"stack", "apply", "-f", path("shop.yml"), "--dry-run", "--save"};
    EXPECT_EQ(kontena(words), 0);
    EXPECT_THAT(out_, HasSubstr("kontena plan apply p1"));
    words.insert(words.end(), {"--format", "markdown"});
    EXPECT_EQ(kontena(words), 0);
    EXPECT_THAT(out_, HasSubstr("`kontena plan apply p1`"));
    master_.on("POST grids/prod/sources", R"({"source":{"id":"prod/s"}})");
    EXPECT_EQ(kontena({"source", "add", "s", "--url", "https://git/x"}), 0);
    EXPECT_THAT(out_, HasSubstr("kontena source sync s --wait"));
}

TEST_F(Commands, SourcesShowThatTheGridHasDrifted) {
    master_.on(
        "GET grids/prod/sources",
        R"({"sources":[{"source":{"id":"prod/a"}},
            {"source":{"id":"prod/b"},"drift":[{"kind":"scale","stack":"prod/shop"}]}]})"
    );
    EXPECT_EQ(kontena({"source", "list"}), 0);
    EXPECT_THAT(out_, HasSubstr("1 change"));
}

TEST_F(Commands, ServiceScaleWaitsForItsDeploy) {
    master_.on("POST services/prod/shop/web/scale", "{}");
    master_.on(
        "GET services/prod/shop/web", R"({"id":"prod/shop/web","deploy":{"state":"success"}})"
    );
    EXPECT_EQ(kontena({"service", "scale", "shop/web", "3"}), 0);
    EXPECT_EQ(master_.bodies.front(), R"({"instances":3,"force":false})");
    EXPECT_EQ(kontena({"service", "scale", "shop/web", "three"}), 1);
    EXPECT_EQ(kontena({"service", "scale", "web", "3"}), 1);
    EXPECT_THAT(err_, HasSubstr("write stack/service"));
}

TEST_F(Commands, PlanShowTakesIdsInBothFormsOrTheNewest) {
    master_.on("GET plans/prod/p1", kPlan);
    master_.on("GET grids/prod/plans", R"({"plans":[{"id":"prod/p1"},{"id":"prod/p0"}]})");
    EXPECT_EQ(kontena({"plan", "show", "p1"}), 0);
    EXPECT_EQ(kontena({"plan", "show", "prod/p1"}), 0);
    EXPECT_EQ(kontena({"plan", "show"}), 0);
    EXPECT_THAT(out_, HasSubstr("Plan prod/p1: 1 to create"));
    EXPECT_EQ(kontena({"plan", "show", "nope"}), 1);
}

TEST_F(Commands, EventsFollowGoesOnBehindTheLastOneSeen) {
    master_.stream = {R"({"id":"41","message":"one"})", "not json", R"({"id":42,"message":"two"})"};
    EXPECT_EQ(kontena({"events", "--follow"}), 1);
    EXPECT_THAT(out_, HasSubstr("one"));
    EXPECT_THAT(out_, HasSubstr("two"));
    EXPECT_THAT(
        master_.requests,
        ElementsAre(
            "FOLLOW grids/prod/event_logs?follow=1&limit=100",
            "FOLLOW grids/prod/event_logs?follow=1&from=42"
        )
    );
}

TEST_F(Commands, EnvironmentVariablesReplaceTheConfiguration) {
    env_["KONTENA_URL"] = "http://other";
    env_["KONTENA_TOKEN"] = "t2";
    env_["KONTENA_GRID"] = "g";
    master_.on("GET grids/g/services", R"({"services":[]})");
    EXPECT_EQ(kontena({"service", "ls"}), 0);
    EXPECT_THAT(connected_, ElementsAre("http://other t2"));
}

TEST_F(Commands, ValidateNeedsNoMaster) {
    write("client.json", "{}");
    EXPECT_EQ(kontena({"stack", "validate", path("shop.yml")}), 0);
    EXPECT_EQ(
        out_,
        fmt::format(
            "---\n# {}\nstack: shop\nservices:\n  web:\n    image: web:1\n", path("shop.yml")
        )
    );
    EXPECT_THAT(err_, HasSubstr("stack shop is valid (1 service)"));
    EXPECT_EQ(kontena({"stack", "validate", path("missing.yml")}), 1);
    EXPECT_THAT(err_, HasSubstr("no such file"));
}

TEST_F(Commands, ValidateKnowsNoGrid) {
    write(
        "shop.yml",
        "stack: shop\nservices: {web: {image: \"a:${GRID}\", command: \"${PLATFORM}\"}}\n"
    );
    EXPECT_EQ(kontena({"stack", "validate", "--no-dependencies", path("shop.yml")}), 0);
    EXPECT_THAT(out_, HasSubstr("image: a:validate\n"));
    EXPECT_THAT(out_, HasSubstr("command: validate-platform\n"));
    EXPECT_THAT(out_, ::testing::Not(HasSubstr("#")));
    EXPECT_TRUE(connected_.empty());
}

TEST_F(Commands, ValidateAsJsonHasEveryProblem) {
    write(
        "shop.yml",
        "stack: shop\nfoo: 1\nservices:\n  web:\n    imag: é:1\n    image: a\n    links: "
        "[{name: é, né: 1}]\n"
    );
    EXPECT_EQ(kontena({"stack", "validate", path("shop.yml"), "--format", "json"}), 1);
    EXPECT_EQ(err_, "");
    auto const document = json::parse(out_).value();
    EXPECT_FALSE(document.at("valid").as_bool());
    EXPECT_FALSE(document.at("accepted").as_bool());
    auto const& errors = document.at("errors").as_array();
    ASSERT_EQ(errors.size(), 3U);
    auto const expected = json::parse(fmt::format(
        R"({{"severity":"error","file":"{}","line":5,"column":5,"end_line":5,"end_column":9,
            "path":"services.web.imag","message":"services.web.imag: unknown key; did you mean 'image'?",
            "reason":"unknown key","suggestion":"image","text":"imag","not_yet":false}})",
        path("shop.yml")
    ));
    EXPECT_EQ(errors[0], *expected);
    EXPECT_EQ(errors[2].at("text").as_string(), "né");
    EXPECT_EQ(errors[2].at("column").as_int64(), 23);
    EXPECT_EQ(errors[2].at("end_column").as_int64(), 25);
    EXPECT_TRUE(errors[2].at("suggestion").is_null());
    EXPECT_EQ(document.at("warnings").at(0).at("severity").as_string(), "warning");
}

TEST_F(Commands, ValidateAsJsonSaysWhatCannotBeReadToo) {
    write("values.yml", "a: [\n");
    ASSERT_EQ(::mkfifo(path("pipe.yml").c_str(), 0600), 0);

    struct Row {
        std::vector<std::string> words;
        std::string file;
        std::string message;
    };

    for (auto const& [words, file, message] : std::vector<Row>{
             {{path("none.yml")}, path("none.yml"), "no such file"},
             {{path("pipe.yml")}, path("pipe.yml"), "is a pipe, not a file"},
             {{path("shop.yml"), "--values-from", path("none.yml")},
              path("none.yml"),
              "no such file"},
             {{path("shop.yml"), "--values-from", path("values.yml")}, path("values.yml"), ""},
             {{path("shop.yml"), "--values-from", folder_.string()}, folder_.string(), "is a folder"
             },
         }) {
        std::vector<std::string> all{"stack", "validate", "--format", "json"};
        all.insert(all.end(), words.begin(), words.end());
        EXPECT_EQ(kontena(all), 1);
        auto const document = json::parse(out_);
        ASSERT_TRUE(document) << out_;
        EXPECT_FALSE(document->at("valid").as_bool());
        auto const& problem = document->at("errors").at(0);
        EXPECT_EQ(problem.at("file").as_string(), file);
        EXPECT_THAT(std::string(problem.at("message").as_string()), HasSubstr(message));
        EXPECT_THAT(err_, HasSubstr("[error]"));
    }
}

TEST_F(Commands, ValidateAsJsonIsUtf8WhateverTheFileIs) {
    write("shop.yml", "stack: a\xFF\xE9z\n");
    EXPECT_EQ(kontena({"stack", "validate", path("shop.yml"), "--format", "json"}), 1);
    EXPECT_EQ(core::find_invalid_utf8(out_), std::string::npos) << out_;
    auto const document = json::parse(out_).value();
    auto const& problem = document.at("errors").at(0);
    EXPECT_EQ(problem.at("text").as_string(), "\xEF\xBF\xBD\xEF\xBF\xBDz");
    EXPECT_EQ(problem.at("end_column").as_int64(), 12);
    EXPECT_EQ(kontena({"stack", "validate", path("shop.yml")}), 1);
    EXPECT_EQ(core::find_invalid_utf8(err_), std::string::npos) << err_;
}

TEST_F(Commands, ValidateAsJsonWritesTheValuesToo) {
    write(
        "shop.yml",
        "stack: a\nvariables: {v: {type: integer, value: 3}}\nservices: {w: {image: a}}\n"
    );
    std::vector<std::string> const words{
        "stack", "validate", path("shop.yml"), "--format", "json", "--values-to", path("values.yml")
    };
    EXPECT_EQ(kontena(words), 0);
    std::ifstream in(path("values.yml"));
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "v: 3\n");
}

TEST_F(Commands, StandardInputIsReadToALimit) {
    EXPECT_EQ(kontena({"stack", "validate", "-"}, std::string(4'000'001, '#')), 1);
    EXPECT_THAT(err_, HasSubstr("(standard input) is larger than 4000000 bytes"));
}

TEST_F(Commands, NothingButFilesIsRead) {
    ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
    for (auto const* text : {
             "stack: shop\nservices: {web: {image: a, env_file: NAME}}\n",
             "stack: shop\ndepends: {db: {stack: NAME}}\nservices: {web: {image: a}}\n",
             "stack: shop\nservices: {web: {extends: {file: NAME, service: x}}}\n",
             "stack: shop\nvariables: {v: {type: string, from: {file: NAME}}}\n"
             "services: {web: {image: \"a:${v}\"}}\n",
         })
        for (auto const& name : {path("pipe"), std::string("/dev/zero"), folder_.string()}) {
            std::string made(text);
            made.replace(made.find("NAME"), 4, name);
            write("shop.yml", made);
            EXPECT_EQ(kontena({"stack", "validate", path("shop.yml")}), 1) << made;
            EXPECT_THAT(err_, HasSubstr("not a file")) << made;
        }
    EXPECT_EQ(kontena({"stack", "convert", path("pipe")}), 1);
    EXPECT_THAT(err_, HasSubstr("is a pipe, not a file"));
    EXPECT_EQ(kontena({"stack", "build", "-f", path("pipe")}), 1);
    EXPECT_THAT(err_, HasSubstr("is a pipe, not a file"));
    env_["KONTENA_CONFIG"] = path("pipe");
    EXPECT_EQ(kontena({"grid", "list"}), 1);
    EXPECT_THAT(err_, HasSubstr("is a pipe, not a file"));
}

TEST_F(Commands, ValidateSaysWhatThisVersionRefuses) {
    write(
        "shop.yml",
        "stack: shop\nservices:\n  web:\n    image: a\n    volumes_from: [db-%s]\n  db: {image: "
        "b}\n"
    );
    EXPECT_EQ(kontena({"stack", "validate", path("shop.yml")}), 0);
    EXPECT_THAT(err_, HasSubstr("is valid (2 services), but this version of Kontena refuses it"));
    EXPECT_THAT(err_, HasSubstr("[warn] 1 warning above is of what does not exist yet"));
    EXPECT_EQ(kontena({"stack", "validate", path("shop.yml"), "--format", "json"}), 0);
    auto const document = json::parse(out_).value();
    EXPECT_TRUE(document.at("valid").as_bool());
    EXPECT_FALSE(document.at("accepted").as_bool());
    EXPECT_TRUE(document.at("warnings").at(0).at("not_yet").as_bool());
    EXPECT_EQ(document.at("warnings").at(0).at("line").as_int64(), 5);
}

TEST_F(Commands, ValidateShowsWhatIsInstalled) {
    EXPECT_EQ(
        kontena({"stack", "validate", path("shop.yml"), "--format", "api-json", "-n", "other"}), 0
    );
    auto const document = json::parse(out_).value();
    EXPECT_EQ(document.at("name").as_string(), "other");
    EXPECT_EQ(document.at("stack").as_string(), "shop");
    EXPECT_EQ(kontena({"stack", "validate", path("shop.yml"), "--format", "xml"}), 1);
}

TEST_F(Commands, ValuesComeFromStackFileAndCommandLineInThatOrder) {
    write(
        "shop.yml",
        "stack: shop\nvariables:\n  a: {type: string}\n  b: {type: string}\n  c: {type: string}\n"
        "services: {web: {image: \"x:${a}-${b}-${c}\"}}\n"
    );
    write("values.yml", "b: file\nc: file\n");
    master_.on("GET stacks/prod/old", R"({"variables":{"a":"old","b":"old","c":"old"}})");
    EXPECT_EQ(
        kontena({
            "stack",
            "validate",
            path("shop.yml"),
            "--online",
            "--values-from-stack",
            "old",
            "--values-from",
            path("values.yml"),
            "-v",
            "c=line",
            "--values-to",
            path("out.yml"),
        }),
        0
    ) << err_;
    EXPECT_THAT(out_, HasSubstr("image: x:old-file-line\n"));
    std::ifstream in(path("out.yml"));
    std::string const written{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(written, "a: old\nb: file\nc: line\n");
}

TEST_F(Commands, ValidateOnlineAsksTheGrid) {
    write(
        "shop.yml",
        "stack: shop\nvariables:\n  s: {type: string, from: {vault: S}}\n"
        "services: {web: {image: \"x:${s}\"}}\n"
    );
    EXPECT_EQ(kontena({"stack", "validate", path("shop.yml")}), 1);
    EXPECT_TRUE(master_.requests.empty());
    master_.on("GET secrets/prod/S", R"({"name":"S","value":"v1"})");
    EXPECT_EQ(kontena({"stack", "validate", path("shop.yml"), "--online"}), 0) << err_;
    EXPECT_THAT(out_, HasSubstr("image: x:v1\n"));
}

TEST_F(Commands, TheDependencyTreeHasInstalledNames) {
    write("db.yml", "stack: pg\nservices: {db: {image: db}}\n");
    write("shop.yml", "stack: shop\ndepends: {db: {stack: db.yml}}\nservices: {w: {image: w}}\n");
    EXPECT_EQ(kontena({"stack", "validate", path("shop.yml"), "--dependency-tree"}), 0);
    EXPECT_EQ(
        out_,
        fmt::format(
            "---\nname: shop\nstack: {}\ndepends:\n  - name: shop-db\n    stack: {}\n",
            path("shop.yml"),
            path("db.yml")
        )
    );
}

TEST_F(Commands, AGridFileSaysWhatIsApplied) {
    write("repo/shop.yml", "stack: shop\nservices: {web: {image: web}}\n");
    write("repo/unused.yml", "stack: unused\nservices: {web: {image: web}}\n");
    write("repo/grid.yml", "grid: prod\nstacks: {front: {file: shop.yml}}\n");
    write("repo/other.yml", "grid: test\nstacks: {back: {file: shop.yml}}\n");
    master_.on("POST grids/prod/apply", kEmptyPlan);
    EXPECT_EQ(kontena({"stack", "apply", "-f", path("repo")}), 0) << err_;
    auto const body = json::parse(master_.bodies.at(0)).value();
    ASSERT_EQ(body.at("stacks").as_array().size(), 1U);
    EXPECT_EQ(body.at("stacks").at(0).at("name").as_string(), "front");
    EXPECT_THAT(err_, HasSubstr("is for the grid 'test'"));
}

TEST_F(Commands, ApplySaysWhichSettingsOfAGridFileItLeavesAlone) {
    write("repo/shop.yml", "stack: shop\nservices: {web: {image: web}}\n");
    std::string const head = "grid: prod\nstacks: {shop: {file: shop.yml}}\n";
    write("repo/grid.yml", head + "default_affinity: [\"label==az=a\"]\nsubnet: 10.81.0.0/16\n");
    master_.on("POST grids/prod/apply", kEmptyPlan);
    EXPECT_EQ(kontena({"stack", "apply", "-f", path("repo")}), 0) << err_;
    EXPECT_THAT(err_, HasSubstr("grid.yml: default_affinity is not applied"));
    EXPECT_THAT(err_, HasSubstr("grid.yml: subnet is not held against the grid"));
    EXPECT_THAT(err_, HasSubstr("kontena source add"));
    write("repo/grid.yml", head);
    EXPECT_EQ(kontena({"stack", "apply", "-f", path("repo")}), 0) << err_;
    EXPECT_EQ(err_, "");
}

TEST_F(Commands, HelpForWhatIsNoneIsAnError) {
    EXPECT_EQ(kontena({"help", "stak"}), 1);
    EXPECT_THAT(err_, HasSubstr("did you mean 'stack'?"));
    EXPECT_EQ(kontena({"help", "stack", "ls"}), 0);
    EXPECT_THAT(out_, HasSubstr("kontena stack list [OPTIONS]"));
    EXPECT_EQ(kontena({"stack", "apply", "shop.yml"}), 1);
    EXPECT_THAT(err_, HasSubstr("did you mean '-f shop.yml'?"));
}

constexpr auto kBuildable = R"(stack: shop
services:
  web:
    image: registry.example/web:2
    build: {context: app, dockerfile: Dockerfile.web, args: {A: 1, B: }}
    hooks: {pre_build: [{name: prepare, cmd: make all}]}
  api: {image: "api:1", build: app}
  db: {image: "postgres:15"}
)";

TEST_F(Commands, BuildRunsDockerForEachServiceThenPushes) {
    write("shop.yml", kBuildable);
    write("app/Dockerfile.web", "FROM scratch\n");
    write("app/Dockerfile", "FROM scratch\n");
    EXPECT_EQ(kontena({"stack", "build", "-f", path("shop.yml")}), 0) << err_;
    auto const app = path("app");
    EXPECT_THAT(
        programs_,
        ElementsAre(
            "/bin/sh | -c | make all",
            "docker | build | -t | registry.example/web:2 | -f | " + app +
                "/Dockerfile.web | --pull | --build-arg=A=1 | --build-arg=B | " + app,
            "docker | build | -t | api:1 | --pull | " + app,
            "docker | push | registry.example/web:2",
            "docker | push | api:1"
        )
    );
    EXPECT_THAT(out_, HasSubstr("Building image api:1\n"));
}

TEST_F(Commands, BuildTakesServicesAndOptions) {
    write("shop.yml", kBuildable);
    write("app/Dockerfile", "FROM scratch\n");
    env_["KONTENA_SUDO"] = "true";
    EXPECT_EQ(
        kontena(
            {"stack", "build", "-f", path("shop.yml"), "--no-push", "--no-cache", "--no-pull", "api"
            }
        ),
        0
    );
    EXPECT_THAT(
        programs_, ElementsAre("sudo | docker | build | -t | api:1 | --no-cache | " + path("app"))
    );
}

TEST_F(Commands, BuildStopsAtTheFirstFailure) {
    write("shop.yml", kBuildable);
    write("app/Dockerfile", "FROM scratch\n");
    EXPECT_EQ(kontena({"stack", "build", "-f", path("shop.yml")}), 1);
    EXPECT_THAT(err_, HasSubstr("Dockerfile.web: no such file"));
    EXPECT_TRUE(programs_.empty());
    program_code_ = 3;
    EXPECT_EQ(kontena({"stack", "build", "-f", path("shop.yml"), "api"}), 1);
    EXPECT_THAT(err_, HasSubstr("docker build ended with code 3"));
    EXPECT_EQ(programs_.size(), 1U);
    EXPECT_EQ(kontena({"stack", "build", "-f", path("shop.yml"), "db"}), 1);
    EXPECT_THAT(err_, HasSubstr("db has no build"));
    EXPECT_EQ(kontena({"stack", "build", "-f", path("shop.yml"), "nosuch"}), 1);
    EXPECT_THAT(err_, HasSubstr("no service 'nosuch'"));
}

TEST_F(Commands, ConvertPrintsAStackFileAndNotes) {
    write(
        "docker-compose.yml",
        "services:\n  web:\n    image: web:1\n    ports: ['80:80']\n    hostname: x\n"
    );
    EXPECT_EQ(kontena({"stack", "convert", path("docker-compose.yml"), "-n", "shop"}), 0);
    EXPECT_EQ(
        out_, "stack: shop\nservices:\n  web:\n    image: web:1\n    ports:\n      - \"80:80\"\n"
    );
    EXPECT_THAT(err_, HasSubstr("docker-compose.yml:5:5: services.web.hostname: not carried over"));
    EXPECT_EQ(kontena({"stack", "convert", path("shop.yml")}), 1);
    EXPECT_THAT(err_, HasSubstr("this is a stack file already"));
}

TEST_F(Commands, ConvertTakesTheNameThatIsGiven) {
    write("compose.yml", "name: other\nservices: {web: {image: a}}\n");
    EXPECT_EQ(kontena({"stack", "convert", path("compose.yml"), "-n", "shop"}), 0);
    EXPECT_THAT(out_, HasSubstr("stack: shop\n"));
    EXPECT_EQ(kontena({"stack", "convert", path("compose.yml")}), 0);
    EXPECT_THAT(out_, HasSubstr("stack: other\n"));
    EXPECT_EQ(kontena({"stack", "convert", path("compose.yml"), "-n", "a b"}), 1);
    EXPECT_THAT(err_, HasSubstr("'a b' is not a stack name"));
}

TEST_F(Commands, ConvertLooksForFilesWhereTheComposeFileIs) {
    std::string const text = "services: {web: {image: \"a:${TAG:?}\", env_file: a.env}}\n";
    write("app/compose.yml", text);
    write("app/a.env", "A=1\n");
    EXPECT_EQ(kontena({"stack", "convert", path("app/compose.yml")}), 0);
    EXPECT_THAT(err_, ::testing::Not(HasSubstr("not valid yet")));
    auto const before = fs::current_path();
    fs::current_path(folder_ / "app");
    EXPECT_EQ(kontena({"stack", "convert", "compose.yml"}), 0);
    EXPECT_THAT(err_, ::testing::Not(HasSubstr("not valid yet")));
    EXPECT_EQ(kontena({"stack", "convert", "-"}, text), 0);
    EXPECT_THAT(err_, ::testing::Not(HasSubstr("not valid yet")));
    EXPECT_THAT(out_, HasSubstr("stack: app\n"));
    fs::remove("a.env");
    EXPECT_EQ(kontena({"stack", "convert", "-"}, text), 0);
    EXPECT_THAT(err_, HasSubstr("not valid yet"));
    EXPECT_THAT(err_, HasSubstr("a.env: no such file"));
    fs::current_path(before);
}

TEST_F(Commands, SchemaPrintsJson) {
    EXPECT_EQ(kontena({"stack", "schema"}), 0);
    EXPECT_EQ(json::parse(out_).value().at("title").as_string(), "Kontena stack file");
    EXPECT_EQ(kontena({"stack", "schema", "grid"}), 0);
    EXPECT_EQ(json::parse(out_).value().at("title").as_string(), "Kontena grid file");
    EXPECT_EQ(kontena({"stack", "schema", "other"}), 1);
}

} // namespace
