#include "cli/app.hpp"
#include "cli/args/args.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace {

namespace args = kontena::cli::args;
using namespace kontena::cli::args;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::array<Option, 5> kOptions{{
    {.name = "file", .value = "FILE", .help = "a file", .letter = 'f', .many = true},
    {.name = "interactive", .value = {}, .help = "a flag", .letter = 'i'},
    {.name = "tty", .value = {}, .help = "another", .letter = 't'},
    {.name = "wait", .value = {}, .help = "wait", .negatable = true, .fallback = "true"},
    {.name = "token", .value = "TOKEN", .help = "a token", .env = "TOKEN_VAR"},
}};
constexpr std::array<Param, 2> kParams{{{"NAME", "the name"}, {"CMD", "words", Need::any}}};
constexpr std::array<Param, 1> kOne{{{"NAME", "the name"}}};
constexpr std::array<Command, 4> kCommands{{
    {"thing run", "Run a thing", kOptions, kParams},
    {"thing list", "List things", {}, {}, "ls"},
    {"thing part add", "Add a part", {}, kOne},
    {"version", "Print the version"},
}};

Outcome parsed(std::vector<std::string> words) {
    auto const env = [](std::string_view name) -> std::optional<std::string> {
        if (name == "TOKEN_VAR") return "from-env";
        return std::nullopt;
    };
    return parse(kCommands, words, env);
}

Values values(std::vector<std::string> words) {
    auto outcome = parsed(std::move(words));
    if (auto* wrong = std::get_if<UsageError>(&outcome)) {
        ADD_FAILURE() << wrong->message;
        return {};
    }
    return std::get<args::Run>(outcome).values;
}

std::string usage(std::vector<std::string> words) {
    auto outcome = parsed(std::move(words));
    auto* wrong = std::get_if<UsageError>(&outcome);
    return wrong == nullptr ? "no error" : wrong->message;
}

TEST(Args, OptionsStandBeforeAndBehindParameters) {
    for (auto const& words :
         {std::vector<std::string>{"thing", "run", "-f", "a", "web"},
          {"thing", "run", "web", "-f", "a"},
          {"thing", "run", "web", "--file=a"},
          {"thing", "run", "-fa", "web"}}) {
        auto const v = values(words);
        EXPECT_EQ(v.text("NAME"), "web");
        EXPECT_THAT(v.all("file"), ElementsAre("a"));
    }
}

TEST(Args, ADoubleDashEndsOptions) {
    auto const v = values({"thing", "run", "web", "--", "ls", "-la", "--file"});
    EXPECT_THAT(v.all("CMD"), ElementsAre("ls", "-la", "--file"));
}

TEST(Args, FlagsCombineAndNegate) {
    auto const v = values({"thing", "run", "-it", "--no-wait", "web"});
    EXPECT_TRUE(v.flag("interactive"));
    EXPECT_TRUE(v.flag("tty"));
    EXPECT_FALSE(v.flag("wait"));
    EXPECT_TRUE(values({"thing", "run", "web"}).flag("wait"));
}

TEST(Args, RepeatedOptionsAddUpOrTheLastWins) {
    auto const v =
        values({"thing", "run", "-f", "a", "-f", "b", "--token", "x", "--token=y", "web"});
    EXPECT_THAT(v.all("file"), ElementsAre("a", "b"));
    EXPECT_EQ(v.text("token"), "y");
}

TEST(Args, TheEnvironmentStandsInForAnOption) {
    EXPECT_EQ(values({"thing", "run", "web"}).text("token"), "from-env");
    EXPECT_EQ(values({"thing", "run", "web", "--token", "x"}).text("token"), "x");
}

TEST(Args, AValueMayBeginWithADash) {
    EXPECT_EQ(values({"thing", "run", "--token", "-x", "web"}).text("token"), "-x");
    EXPECT_EQ(values({"thing", "run", "-"}).text("NAME"), "-");
}

TEST(Args, AliasesAndDeeperGroups) {
    EXPECT_EQ(std::get<args::Run>(parsed({"thing", "ls"})).command, 1U);
    auto const run = std::get<args::Run>(parsed({"thing", "part", "add", "x"}));
    EXPECT_EQ(run.command, 2U);
    EXPECT_EQ(run.values.text("NAME"), "x");
}

TEST(Args, WrongUsageIsExplained) {
    EXPECT_EQ(usage({"thing", "rnu"}), "No such sub-command 'rnu'; did you mean 'run'?");
    EXPECT_EQ(usage({"xyz"}), "No such sub-command 'xyz'");
    EXPECT_EQ(
        usage({"thing", "run", "web", "--fiel"}),
        "Unrecognised option '--fiel'; did you mean '--file'?"
    );
    EXPECT_THAT(usage({"thing", "run", "-z", "web"}), HasSubstr("Unrecognised option '-z'"));
    EXPECT_EQ(usage({"thing", "run"}), "parameter 'NAME': no value provided");
    EXPECT_EQ(usage({"thing", "part", "add", "a", "b"}), "too many arguments: 'b'");
    EXPECT_EQ(usage({"thing", "run", "web", "--file"}), "option '--file': no value provided");
    EXPECT_EQ(usage({"thing", "run", "web", "--tty=1"}), "option '--tty' takes no value");
    EXPECT_THAT(usage({"thing", "run", "web", "--no-tty"}), HasSubstr("Unrecognised option"));
    EXPECT_THAT(usage({"thing", "--file", "x", "run"}), HasSubstr("Unrecognised option '--file'"));
}

TEST(Args, AFileInTheWrongPlaceIsShownTheRightOne) {
    static constexpr std::array<Option, 1> kFile{
        {{.name = "file", .value = "FILE", .help = "", .letter = 'f'}}
    };
    static constexpr std::array<Command, 1> kApply{{{"stack apply", "", kFile}}};
    auto const outcome = parse(kApply, {"stack", "apply", "shop.yml"}, {});
    EXPECT_EQ(
        std::get<UsageError>(outcome).message,
        "too many arguments: 'shop.yml'; did you mean '-f shop.yml'?"
    );
}

TEST(Args, HelpKnowsWhatThereIsHelpFor) {
    static constexpr std::array<Param, 1> kWords{{{"WORD", "", Need::any}}};
    static constexpr std::array<Command, 3> kSome{
        {{"help", "", {}, kWords}, {"thing list", "", {}, {}, "ls"}, {"thing run", ""}}
    };
    auto const about = [&](std::vector<std::string> const& words) {
        return parse(kSome, words, {});
    };
    EXPECT_EQ(std::get<Help>(about({"help"})).words, "");
    EXPECT_EQ(std::get<Help>(about({"help", "thing"})).words, "thing");
    EXPECT_EQ(std::get<Help>(about({"help", "thing", "ls"})).words, "thing list");
    EXPECT_EQ(std::get<Help>(about({"help", "thing", "run", "--help"})).words, "thing run");
    auto const wrong = [&](std::vector<std::string> const& words) {
        return render(std::get<UsageError>(about(words)));
    };
    EXPECT_EQ(
        wrong({"help", "thign"}),
        "ERROR: No such sub-command 'thign'; did you mean 'thing'?\n\nSee: 'kontena --help'\n"
    );
    EXPECT_EQ(
        wrong({"help", "thing", "rnu"}),
        "ERROR: No such sub-command 'rnu'; did you mean 'run'?\n\nSee: 'kontena thing --help'\n"
    );
    EXPECT_THAT(wrong({"help", "thing", "run", "more"}), HasSubstr("No such sub-command 'more'"));
}

TEST(Args, UsageErrorsAreThreeLines) {
    auto const outcome = parsed({"thing", "ls", "x"});
    EXPECT_EQ(
        render(std::get<UsageError>(outcome)),
        "ERROR: too many arguments: 'x'\n\nSee: 'kontena thing ls --help'\n"
    );
}

TEST(Args, HelpIsAskedForInSeveralWays) {
    EXPECT_EQ(std::get<Help>(parsed({})).words, "");
    EXPECT_EQ(std::get<Help>(parsed({"--help"})).words, "");
    EXPECT_EQ(std::get<Help>(parsed({"thing"})).words, "thing");
    EXPECT_EQ(std::get<Help>(parsed({"thing", "-h"})).words, "thing");
    EXPECT_EQ(std::get<Help>(parsed({"thing", "run", "--help"})).words, "thing run");
    EXPECT_TRUE(std::holds_alternative<Version>(parsed({"--version"})));
    EXPECT_TRUE(std::get<args::Run>(parsed({"-D", "version"})).debug);
}

TEST(Args, HelpShowsParametersAndOptionsInColumns) {
    EXPECT_EQ(
        help(kCommands, "thing run"),
        "Usage:\n"
        "    kontena thing run [OPTIONS] NAME [CMD] ...\n"
        "\n"
        "  Run a thing\n"
        "\n"
        "Parameters:\n"
        "    NAME                          the name\n"
        "    [CMD] ...                     words\n"
        "\n"
        "Options:\n"
        "    -f, --file FILE               a file (may be repeated)\n"
        "    -i, --interactive             a flag\n"
        "    -t, --tty                     another\n"
        "    --[no-]wait                   wait (default: true)\n"
        "    --token TOKEN                 a token (default: $TOKEN_VAR)\n"
        "    -h, --help                    print help\n"
        "    -D, --[no-]debug              show requests and replies\n"
    );
    EXPECT_EQ(
        help(kCommands, "thing"),
        "Usage:\n"
        "    kontena thing [OPTIONS] SUBCOMMAND [ARG] ...\n"
        "\n"
        "Subcommands:\n"
        "    run                           Run a thing\n"
        "    list, ls                      List things\n"
        "    part                          add\n"
        "\n"
        "Options:\n"
        "    -h, --help                    print help\n"
        "    -D, --[no-]debug              show requests and replies\n"
    );
}

TEST(CommandTable, EveryCommandHasHelpAndAConsistentTable) {
    auto const table = kontena::cli::command_table();
    EXPECT_GE(table.size(), 30U);
    std::set<std::string_view> seen;
    for (auto const& command : table) {
        EXPECT_TRUE(seen.insert(command.words).second) << command.words;
        auto const text = help(table, command.words);
        EXPECT_THAT(text, HasSubstr("Usage:"));
        EXPECT_THAT(text, HasSubstr("Options:"));
        std::set<std::string_view> names;
        std::set<char> letters{'h', 'D'};
        for (auto const& option : command.options) {
            EXPECT_TRUE(names.insert(option.name).second) << command.words << " " << option.name;
            if (option.letter != '\0')
                EXPECT_TRUE(letters.insert(option.letter).second) << command.words;
        }
    }
}

} // namespace
