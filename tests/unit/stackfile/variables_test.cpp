#include "core/yaml/load.hpp"
#include "stackfile/interpolate.hpp"
#include "stackfile/read.hpp"
#include "stackfile/variables/resolve.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace {

using namespace kontena;
using namespace kontena::stackfile;

/// Files and nothing else.
class Files : public Outside {
public:
    explicit Files(std::string text)
        : text_(std::move(text)) {}

    core::Result<std::string> file(std::string const&) override { return text_; }

private:
    std::string text_;
};

/// Definitions resolved with what stands around them.
struct Resolved {
    Resolved(std::string text, Sources const& sources)
        : text_(std::move(text))
        , lines_(text_)
        , report_(lines_, "f.yml") {
        auto const tree = yaml::load(text_, "f.yml").value();
        variables = Variables::resolve(read_definitions(&tree, report_), sources, report_);
        errors = report_.take_errors();
    }

    std::optional<Variables> variables;
    std::vector<core::Issue> errors;

private:
    std::string text_;
    LineIndex lines_;
    Report report_;
};

Sources around(Outside& outside) {
    return {
        .outside = outside,
        .values = {},
        .defaults = {},
        .builtins = {{"STACK", "shop"}},
        .dependencies = {{"cache", "shop-cache"}, {"own", "shop-own"}},
        .parent = "up",
        .inherited = {},
    };
}

std::string only_reason(Reading const& reading) {
    return reading.errors.size() == 1 ? reading.errors[0].reason
                                      : fmt::format("{} errors", reading.errors.size());
}

Reading read_with_file(std::string definition, std::string content) {
    Files files(std::move(content));
    return stackfile::read(
        {.text = "stack: a\nvariables:\n  v: " + definition +
                 "\nservices: {web: {image: b, user: \"$v\"}}\n",
         .file = "f.yml",
         .reference = {},
         .directory = {},
         .stack_name = {},
         .parent_name = {},
         .grid = "g",
         .values = {},
         .defaults = {},
         .outside = &files}
    );
}

TEST(Variables, NamesOfDependenciesStandBehindTheOnesOfTheFile) {
    Outside nothing;
    Resolved const resolved("own: {type: string, default: mine}\n", around(nothing));
    EXPECT_EQ(resolved.variables->find("cache"), Value("shop-cache"));
    EXPECT_EQ(resolved.variables->find("own"), Value("mine"));
    EXPECT_EQ(resolved.variables->find("PARENT_STACK"), Value("up"));
    EXPECT_EQ(resolved.variables->find("other"), std::nullopt);
}

TEST(Variables, ThePayloadHasDependenciesButNoBuiltIns) {
    Outside nothing;
    Resolved const resolved("own: {type: integer, default: 1}\n", around(nothing));
    EXPECT_EQ(
        resolved.variables->payload(),
        (std::map<std::string, Value>{{"cache", "shop-cache"}, {"own", std::int64_t{1}}})
    );
}

TEST(Variables, TextsLeaveOutNullsAndJoinLists) {
    Outside nothing;
    Resolved const resolved(
        "a: {type: array, default: [x, 1]}\nb: {type: string, required: false}\n", around(nothing)
    );
    EXPECT_EQ(
        resolved.variables->texts(),
        (std::map<std::string, std::string>{
            {"a", "x,1"}, {"cache", "shop-cache"}, {"own", "shop-own"}
        })
    );
}

TEST(Variables, TemplatesSeeEverything) {
    Outside nothing;
    Resolved const resolved("a: {type: string, required: false}\n", around(nothing));
    auto const context = resolved.variables->context();
    EXPECT_EQ(context.size(), 5U);
    EXPECT_EQ(context.at("a"), Value());
    EXPECT_EQ(context.at("STACK"), Value("shop"));
}

TEST(Variables, ThoseOfAnExtendingFileComeLast) {
    Outside nothing;
    Resolved const upper(
        "a: {type: string, default: upper}\n"
        "b: {type: string, default: upper, to: {env: B, vault: B}}\n",
        around(nothing)
    );
    auto sources = around(nothing);
    sources.inherited = upper.variables->inherited();
    Resolved const lower(
        "a: {type: string, default: lower}\nc: {type: string, from: {variable: b}}\n", sources
    );
    EXPECT_EQ(lower.variables->find("a"), Value("lower"));
    EXPECT_EQ(lower.variables->find("b"), Value("upper"));
    EXPECT_EQ(lower.variables->find("B"), Value("upper"));
    EXPECT_FALSE(lower.variables->payload().contains("b"));
    EXPECT_FALSE(lower.variables->payload().contains("c")) << "made of what goes to the vault";
    EXPECT_TRUE(lower.variables->vault_writes().empty()) << "the upper file writes it";
    EXPECT_EQ(upper.variables->vault_writes().size(), 1U);
}

TEST(Variables, ServicesAreSkippedByTheSameConditions) {
    Outside nothing;
    Resolved const resolved("a: {type: integer, default: 0}\n", around(nothing));
    std::string const text =
        "{only_if: {a: {gte: 0}}}\n{skip_if: a}\n{only_if: b}\n{skip_if: 1}\n{}";
    LineIndex const lines(text);
    Report report(lines, "f.yml");
    Checker in(report, "services.web");
    auto const skips = [&](std::string const& map) {
        return skipped(in, yaml::load(map, "f.yml").value(), *resolved.variables);
    };
    EXPECT_FALSE(skips("{only_if: {a: {gte: 0}}}"));
    EXPECT_TRUE(skips("{only_if: {a: {gt: 0}}}"));
    EXPECT_TRUE(skips("{skip_if: [a]}"));
    EXPECT_FALSE(skips("{}"));
    EXPECT_FALSE(report.has_errors());
    EXPECT_FALSE(skips("{only_if: b}"));
    EXPECT_FALSE(skips("{only_if: {a: {greater: 1}}, skip_if: a}"));
    auto const errors = report.take_errors();
    ASSERT_EQ(errors.size(), 2U);
    EXPECT_EQ(errors[0].path, "services.web.only_if");
    EXPECT_EQ(errors[1].path, "services.web.only_if.a");
}

TEST(Variables, ALongChainIsAnErrorAndNoOverflow) {
    std::string text;
    for (int i = 0; i < 2'000; ++i)
        text += fmt::format("v{}: {{type: string, from: {{variable: v{}}}}}\n", i, i + 1);
    text += "v2000: {type: string, default: x}\n";
    Outside nothing;
    Resolved const resolved(text, around(nothing));
    ASSERT_FALSE(resolved.errors.empty());
    EXPECT_NE(resolved.errors[0].reason.find("too long a chain"), std::string::npos);
}

TEST(Variables, AShortChainIsFine) {
    std::string text;
    for (int i = 0; i < 99; ++i)
        text += fmt::format("v{}: {{type: string, from: {{variable: v{}}}}}\n", i, i + 1);
    text += "v99: {type: string, default: x}\n";
    Outside nothing;
    Resolved const resolved(text, around(nothing));
    EXPECT_TRUE(resolved.errors.empty());
    EXPECT_EQ(resolved.variables->find("v0"), Value("x"));
}

TEST(Variables, ValuesFromOutsideMustBeUsable) {
    EXPECT_EQ(
        only_reason(read_with_file("{type: string, from: {file: x}}", "a\xFF")),
        "the value is not UTF-8 text"
    );
    EXPECT_EQ(
        only_reason(read_with_file("{type: string, from: {file: x}}", std::string(1'000'001, 'a'))),
        "the value is longer than 1000000 bytes"
    );
}

TEST(Variables, ValuesCannotGrowWithoutBound) {
    std::string text = "v0: {type: string, default: " + std::string(1000, 'x') + "}\n";
    for (int i = 1; i < 40; ++i)
        text += fmt::format(
            "v{}:\n  type: string\n  from:\n    interpolate: $v{}$v{}\n", i, i - 1, i - 1
        );
    Outside nothing;
    Resolved const resolved(text, around(nothing));
    ASSERT_EQ(resolved.errors.size(), 1U);
    EXPECT_EQ(
        resolved.errors[0].reason, "with variables replaced, the text has more than 1000000 bytes"
    );
}

TEST(Variables, AnInterpolatedTextCannotGrowWithoutBound) {
    std::string text = "stack: a\nvariables:\n  v: {type: string, from: {file: x}}\nservices:\n"
                       "  web:\n    image: b\n    environment:\n";
    for (int i = 0; i < 1000; ++i) text += fmt::format("      A{}: $v\n", i);
    Files files(std::string(100'000, 'x'));
    Input input;
    input.text = text;
    input.file = "f.yml";
    input.outside = &files;
    auto const reading = stackfile::read(input);
    ASSERT_EQ(reading.errors.size(), 1U);
    EXPECT_NE(reading.errors[0].reason.find("more than 1000000 bytes"), std::string::npos)
        << reading.errors[0].reason;
}

TEST(Variables, ControlCharactersInValuesStayWhatTheyAre) {
    auto const reading = read_with_file("{type: string, from: {file: x}}", "a\x07\x1B[1m");
    ASSERT_TRUE(reading.stack) << only_reason(reading);
    EXPECT_EQ(reading.stack->services.at(0).spec.user, "a\x07\x1B[1m");
}

TEST(Variables, DefinitionsBeyondTheLimitOfErrorsDoNoHarm) {
    std::string text;
    for (int i = 0; i < 300; ++i)
        text += fmt::format("v{}: {{type: enum, options: [{{label: x}}]}}\n", i);
    text += "w: {type: enum, options: [{label: x}], default: x}\n";
    Outside nothing;
    Resolved const resolved(text, around(nothing));
    EXPECT_EQ(resolved.errors.size(), kMaxErrors);
    EXPECT_TRUE(resolved.variables->broken().contains("w"));
}

TEST(Interpolate, ALongLineOfReferencesTakesLinearTime) {
    std::string text = "stack: a\nx: \"";
    while (text.size() < 900'000) text += "$STACK ";
    text += "\"\nservices: {web: {image: b}}\n";
    Input input;
    input.text = text;
    input.file = "f.yml";
    EXPECT_TRUE(stackfile::read(input).errors.empty());
}

TEST(Expand, PlainTextsHaveNoYamlAroundThem) {
    auto const value = [](std::string_view name) -> core::Result<std::string> {
        if (name == "q") return std::string("\"'\n");
        return core::fail(core::Errc::invalid, "no " + std::string(name));
    };
    EXPECT_EQ(expand("a ${q}b $$q $", value).value(), "a \"'\nb $q $");
    EXPECT_EQ(expand("$q $x $y", value).error().message, "no x");
}

} // namespace
