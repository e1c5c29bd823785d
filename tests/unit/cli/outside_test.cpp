#include "cli/outside/questions.hpp"
#include "cli/outside/shelf.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using namespace kontena;
using namespace kontena::cli;
using stackfile::Document;
using stackfile::List;
using stackfile::Question;
using stackfile::Value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = Question::Kind;

class Questions : public ::testing::Test {
protected:
    core::Result<Value> ask_with(std::string const& typed, Question const& question) {
        std::istringstream in(typed);
        Terminal terminal{
            .out = out_,
            .err = err_,
            .in = in,
            .in_is_tty = tty_,
            .out_style = render::Style(),
            .err_style = render::Style(),
        };
        terminal.echo = [this](bool on) { err_ << (on ? "<echo>" : "<no echo>"); };
        auto answer = ask(terminal, question);
        shown_ = err_.str();
        return answer;
    }

    static Question menu(Kind kind) {
        return {
            .kind = kind,
            .variable = "size",
            .text = "Select size",
            .choices = {{Value("s"), "small"}, {Value("l"), "large"}},
        };
    }

    bool tty_ = true;
    std::ostringstream out_;
    std::ostringstream err_;
    std::string shown_;
};

TEST_F(Questions, WithoutATerminalThereIsNoAnswer) {
    tty_ = false;
    auto const answer = ask_with("x\n", {.text = "Name", .choices = {}, .preset = Value("p")});
    ASSERT_TRUE(answer);
    EXPECT_TRUE(stackfile::is_null(*answer));
    EXPECT_EQ(shown_, "");
}

TEST_F(Questions, TextHasItsPreset) {
    Question const question{.text = "Name", .choices = {}, .preset = Value("bob")};
    EXPECT_EQ(ask_with("\n", question).value(), Value("bob"));
    EXPECT_EQ(shown_, "Name [bob] : ");
    EXPECT_EQ(ask_with(" ann \n", question).value(), Value("ann"));
}

TEST_F(Questions, SecretsAreTypedUnseenAndKeepTheirBlanks) {
    Question const question{.kind = Kind::secret, .text = "Password", .choices = {}};
    EXPECT_EQ(ask_with(" a b \n", question).value(), Value(" a b "));
    EXPECT_EQ(shown_, "Password : <no echo><echo>\n");
}

TEST_F(Questions, YesAndNoAreAskedAgainUntilUnderstood) {
    Question const question{.kind = Kind::yes_no, .text = "Enable", .choices = {}, .preset = true};
    EXPECT_EQ(ask_with("\n", question).value(), Value(true));
    EXPECT_EQ(ask_with("maybe\nNO\n", question).value(), Value(false));
    EXPECT_THAT(shown_, HasSubstr("'maybe' is not one of the answers"));
    EXPECT_FALSE(ask_with("a\nb\nc\nd\ne\nf\n", question));
}

TEST_F(Questions, AMenuTakesNumbersAndNames) {
    auto question = menu(Kind::choice);
    question.preset = Value("l");
    EXPECT_EQ(ask_with("1\n", question).value(), Value("s"));
    EXPECT_EQ(shown_, "Select size:\n  1. small\n  2. large\nNumber [2] : ");
    EXPECT_EQ(ask_with("large\n", question).value(), Value("l"));
    EXPECT_EQ(ask_with("s\n", question).value(), Value("s"));
    EXPECT_EQ(ask_with("\n", question).value(), Value("l"));
    EXPECT_EQ(ask_with("3\n0\n2\n", question).value(), Value("l"));
}

TEST_F(Questions, AMenuMayHaveAnotherAnswer) {
    auto question = menu(Kind::choice);
    question.can_be_other = true;
    EXPECT_EQ(ask_with("3\nhuge\n", question).value(), Value("huge"));
    EXPECT_THAT(shown_, HasSubstr("  3. (Other)\n"));
}

TEST_F(Questions, SeveralChoicesAreAList) {
    auto question = menu(Kind::choices);
    question.preset = List{Value("s")};
    EXPECT_EQ(ask_with("1, 2\n", question).value(), Value(List{Value("s"), Value("l")}));
    EXPECT_THAT(shown_, HasSubstr("Numbers, with commas between them [1] : "));
}

TEST_F(Questions, TheEndOfTheInputIsAnError) {
    auto const answer = ask_with("", {.text = "Name", .choices = {}});
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().message, HasSubstr("before 'Name' was answered"));
}

class ShelfTest : public ::testing::Test {
protected:
    ShelfTest()
        : folder_(fs::temp_directory_path() / ("kontena-shelf-test-" + std::to_string(getpid()))) {
        fs::create_directories(folder_ / "sub");
        std::ofstream(folder_ / "sub" / "db.yml") << "stack: db\n";
        here_ = {{}, "shop/kontena.yml", (folder_ / "kontena.yml").string(), folder_.string()};
    }

    ~ShelfTest() override { fs::remove_all(folder_); }

    Shelf shelf() {
        return Shelf({
            .fetch =
                [this](std::string const& url, std::string const&) -> core::Result<std::string> {
                urls_.push_back(url);
                if (answer_.empty()) return core::fail(core::Errc::not_found, "404 Not Found");
                return answer_;
            },
            .registry = "https://registry.example",
            .cache = folder_ / "cache",
        });
    }

    fs::path folder_;
    Document here_;
    std::string answer_;
    std::vector<std::string> urls_;
};

TEST_F(ShelfTest, AFileIsRelativeToTheOneThatNamesIt) {
    auto const found = shelf().load(here_, "sub/db.yml");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->file, "shop/sub/db.yml");
    EXPECT_EQ(found->reference, (folder_ / "sub/db.yml").string());
    EXPECT_EQ(found->directory, (folder_ / "sub").string());
    EXPECT_TRUE(urls_.empty());
}

TEST_F(ShelfTest, AStackOfTheRegistryIsKeptUnderItsOwnName) {
    answer_ = "stack: acme/redis\nversion: 1.2.0\n";
    auto one = shelf();
    EXPECT_TRUE(one.load(here_, "acme/redis"));
    auto const again = one.load(here_, "acme/redis:1.2.0");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->text, answer_);
    EXPECT_EQ(again->directory, "");
    EXPECT_EQ(again->registry, "https://registry.example");
    EXPECT_THAT(
        urls_,
        ElementsAre(
            "https://registry.example/v2/organizations/acme/stacks/redis/stack-versions/latest/yaml"
        )
    );
}

TEST_F(ShelfTest, NothingIsKeptOutsideOfTheCache) {
    answer_ = "stack: ../../evil\nversion: 1.0.0\n";
    EXPECT_TRUE(shelf().load(here_, "acme/redis:1.0.0"));
    EXPECT_FALSE(fs::exists(folder_ / "cache"));
    EXPECT_FALSE(fs::exists(folder_.parent_path() / "evil-1.0.0.yml"));
}

TEST_F(ShelfTest, AUrlIsFetched) {
    answer_ = "stack: x\n";
    auto const found = shelf().load(here_, "https://example.com/x.yml");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->reference, "https://example.com/x.yml");
    EXPECT_THAT(urls_, ElementsAre("https://example.com/x.yml"));
}

TEST_F(ShelfTest, AFileFromElsewhereReadsNoFilesHere) {
    Document const remote{{}, "https://example.com/x.yml", "https://example.com/x.yml", {}};
    EXPECT_FALSE(shelf().load(remote, (folder_ / "sub/db.yml").string()));
}

TEST_F(ShelfTest, WhatIsNowhereIsNoSuchFile) {
    for (auto const* name : {"none.yml", "./none.yml", "a/b/c.yml", "acme/none"}) {
        auto const found = shelf().load(here_, name);
        ASSERT_FALSE(found) << name;
        EXPECT_THAT(found.error().message, HasSubstr("no such file"));
    }
}

} // namespace
