#include "tests/unit/stackfile/liquid/engine.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace kontena::test {
namespace {

/// The errors begin like that, line by line: `LINE:COLUMN part of the reason`.
void expect_errors(std::string const& source, std::vector<std::string> const& expected) {
    Engine const engine(source);
    std::vector<std::string> found;
    for (std::size_t at = 0; at < engine.errors.size();) {
        auto const end = engine.errors.find('\n', at);
        found.push_back(engine.errors.substr(at, end - at));
        at = end + 1;
    }
    auto same = found.size() == expected.size();
    for (std::size_t i = 0; same && i < found.size(); ++i) {
        auto const space = expected[i].find(' ') + 1;
        same = found[i].starts_with(expected[i].substr(0, space)) &&
               found[i].find(expected[i].substr(space)) != std::string::npos;
    }
    EXPECT_TRUE(same) << source << "\nfound:\n" << engine.errors;
}

TEST(LiquidSyntax, WordsThatCannotStandThere) {
    expect_errors("{{ }}", {"1:4 a value is missing"});
    expect_errors("{{ a b }}", {"1:6 'b' is not expected"});
    expect_errors("{{.Name}}", {"1:3 '.' is not expected"});
    expect_errors("{{ name | }}", {"1:11 the name of a filter is missing"});
    expect_errors("{{ name | append: }}", {"1:19 a value is missing"});
    expect_errors("{{ list[0 }}", {"1:11 ']' is missing"});
    expect_errors("{{ (1..) }}", {"1:8 a value should stand here"});
    expect_errors("{{ (1.2) }}", {"1:8 '..' should stand here"});
    expect_errors("{{ 'a }}", {"1:4 no closing '"});
    expect_errors("{{ na$me }}", {"1:6 '$' is not expected"});
    expect_errors("{{ ä }}", {"1:4 'ä' is not expected"});
    expect_errors("{{ 99999999999999999999 }}", {"1:4 does not fit in 64 bits"});
    expect_errors("{% if n = 3 %}{% endif %}", {"1:9 write == to compare"});
    expect_errors("{% if %}{% endif %}", {"1:7 a value is missing"});
    expect_errors("{% if n == %}{% endif %}", {"1:12 a value is missing"});
    expect_errors("{% if n and %}{% endif %}", {"1:13 a value is missing"});
    expect_errors("{% assign x %}", {"1:13 '=' is missing"});
    expect_errors("{% assign 'x' = 1 %}", {"1:11 a name should stand here"});
    expect_errors("{% for in list %}{% endfor %}", {"1:11 'in' should stand here"});
    expect_errors("{% for x of list %}{% endfor %}", {"1:10 'in' should stand here"});
    expect_errors("{% for x in list limits:2 %}{% endfor %}", {"1:18 limit:, offset: or reversed"});
    expect_errors("{% for x in list limit 2 %}{% endfor %}", {"1:24 ':' should stand here"});
    expect_errors("{% else x %}", {"1:1 belongs into"});
    expect_errors("{% if yes %}{% endif yes %}", {"1:22 'yes' is not expected"});
    expect_errors("{% %}", {"1:1 a tag without a name"});
}

TEST(LiquidSyntax, MarksWithoutTheirEnd) {
    expect_errors("a {{ b", {"1:3 this '{{' has no '}}'"});
    expect_errors("a {{ b }", {"1:3 ends with '}' instead of '}}'"});
    expect_errors("a {% b", {"1:3 this '{%' has no '%}'"});
    expect_errors(
        "{% if yes }\na\n{% endif %}", {"1:1 this '{%' has no '%}'", "3:1 without an 'if'"}
    );
    expect_errors("{% raw %}{{", {"1:1 this 'raw' has no {% endraw %}"});
    expect_errors("{% comment %}", {"1:1 this 'comment' has no {% endcomment %}"});
}

TEST(LiquidSyntax, BlocksNameWhereTheyWereOpened) {
    expect_errors("{% if yes %}", {"1:1 this 'if' has no {% endif %}"});
    expect_errors(
        "\n{% for x in list %}\n{% if x %}", {"2:1 no {% endfor %}", "3:1 no {% endif %}"}
    );
    expect_errors("{% endif %}", {"1:1 'endif' without an 'if'"});
    expect_errors("{% endraw %}", {"1:1 'endraw' without an 'raw'"});
    expect_errors(
        "{% if yes %}\n{% for x in list %}\n{% endif %}",
        {"3:1 'endif' stands here, but the 'for' of line 2 is not closed yet"}
    );
    expect_errors(
        "{% if yes %}\n{% capture x %}{% else %}{% endcapture %}{% endif %}",
        {"2:16 the innermost block here is the 'capture' of line 2"}
    );
    expect_errors("{% if yes %}{% when 1 %}{% endif %}", {"1:13 'when' belongs into case"});
    expect_errors("{% case n %}{% elsif 1 %}{% endcase %}", {"1:13 'elsif' belongs into if"});
    expect_errors(
        "{% if yes %}{% else %}{% else %}{% endif %}",
        {"1:23 behind the 'else' of the 'if' of line 1"}
    );
    expect_errors("{% break %}", {"1:1 'break' outside of a loop"});
    expect_errors(
        "{% for x in list %}{% else %}{% continue %}{% endfor %}", {"1:30 outside of a loop"}
    );
}

TEST(LiquidSyntax, UnknownAndUnsupportedTags) {
    expect_errors("{% fi %}", {"1:1 unknown tag 'fi'"});
    expect_errors("{% asign x = 1 %}", {"1:1 unknown tag 'asign'; did you mean 'assign'?"});
    expect_errors("{% mine %}a{% endmine %}", {"1:1 unknown tag 'mine'"});
    expect_errors("{% include 'a' %}", {"1:1 the tag 'include' is not supported"});
    expect_errors(
        "{% tablerow x in list cols:2 %}{% else %}{% endtablerow %}",
        {"1:1 the tag 'tablerow' is not supported"}
    );
    expect_errors(
        "{% ifchanged %}a{% endifchanged %}", {"1:1 the tag 'ifchanged' is not supported"}
    );
}

TEST(LiquidSyntax, AllErrorsAreFoundInOneRun) {
    expect_errors(
        "{{ a b }}\n{% for %}\n{{ x | nofilter }}\n{% endfor %}\n{% case %}{% when 1 %}{% endcase "
        "%}",
        {"1:6 'b'", "2:8 a name is missing", "3:8 undefined filter", "5:9 a value is missing"}
    );
}

TEST(LiquidSyntax, WhatABadTagWouldHaveMadeIsNotMissed) {
    expect_errors("{% assign my-x = 1 | nofilter %}{{ my-x }}", {"1:22 undefined filter"});
    expect_errors(
        "{% assign x = 1 }\n{{ x }}{{ y }}", {"1:1 this '{%' has no", "2:11 undefined variable y"}
    );
    expect_errors(
        "{% for x on list %}{{ x }}{% endfor %}{{ y }}", {"1:10 'in'", "1:42 undefined variable y"}
    );
}

TEST(LiquidSyntax, ATemplateThatMakesNoSenseGivesOnlyItsText) {
    Engine const engine("a {{ x y }} b {% if no %}c{% endif %}");
    EXPECT_EQ(engine.text, "a  b c");
    EXPECT_FALSE(engine.whole);
}

TEST(LiquidRun, UndefinedVariables) {
    expect_errors("{{ nmae }}", {"1:4 undefined variable nmae; did you mean 'name'?"});
    expect_errors("a\n {{ n | plus: zzzz }}", {"2:15 undefined variable zzzz"});
    expect_errors("{% if zzzz %}{% endif %}", {"1:7 undefined variable zzzz"});
    expect_errors("{{ name.first }}", {"1:9 undefined variable first"});
    expect_errors("{{ list.length }}", {"1:9 undefined variable length"});
    expect_errors("{{ name[0] }}", {"1:9 undefined variable 0"});
    expect_errors("{{ list['a'] }}", {"1:9 undefined variable a"});
    expect_errors("{{ forloop.index }}", {"1:4 undefined variable forloop"});
    expect_errors(
        "{% for x in list %}{{ forloop.idx }}{% endfor %}", {"1:31 undefined variable forloop.idx"}
    );
    expect_errors("{% for x in list %}{{ forloop }}{% endfor %}", {"1:23 forloop is no value"});
    expect_errors("{% for x in list %}{% endfor %}{{ x }}", {"1:35 undefined variable x"});
}

TEST(LiquidRun, AreaNotTakenIsNotAsked) {
    expect_errors("{% if no %}{{ undefined }}{% endif %}", {});
    expect_errors("{% for x in none %}{{ undefined }}{% endfor %}", {});
}

TEST(LiquidRun, ValuesOfDifferentKindsHaveNoOrder) {
    expect_errors(
        "{% if n > five %}{% endif %}", {"1:9 comparison of an integer with text failed"}
    );
    expect_errors("{% if five > 3 %}{% endif %}", {"1:12 comparison of text with an integer"});
    expect_errors(
        "{% for i in (1..f) %}{% endfor %}", {"1:17 an integer is needed here, not a decimal"}
    );
    expect_errors(
        "{% for i in list limit: list %}{% endfor %}",
        {"1:25 an integer is needed here, not a list"}
    );
}

TEST(LiquidRun, AnErrorInALoopIsToldOnce) {
    expect_errors("{% for i in (1..9) %}{{ zzzz }}{% endfor %}", {"1:25 undefined variable zzzz"});
}

TEST(LiquidRun, AllErrorsAreFoundInOneRun) {
    expect_errors(
        "{{ a1 }}\n{% if b1 %}x{% else %}{{ c1 }}{% endif %}\n{% assign d = e1 %}{{ d }}",
        {"1:4 a1", "2:7 b1", "2:26 c1", "3:15 e1"}
    );
}

TEST(LiquidRun, AFailedTagLeavesTheStructureUnknownAndAFailedOutputDoesNot) {
    EXPECT_TRUE(Engine("{{ zzzz }}").whole);
    EXPECT_FALSE(Engine("{% if zzzz %}{% endif %}").whole);
    EXPECT_TRUE(Engine("{% assign x = zzzz %}{{ x }}").whole);
    EXPECT_FALSE(Engine("{% assign x = zzzz %}{% for y in x %}{% endfor %}").whole);
}

TEST(LiquidRun, WhatIsBrokenAlreadyGivesNoFurtherErrors) {
    expect_errors("{{ broken }}{{ broken.a[1] | plus: 1 }}{{ 1 | divided_by: broken }}", {});
    expect_errors("{% capture x %}{{ broken }}{% endcapture %}{{ 1 | divided_by: x }}", {});
    EXPECT_FALSE(Engine("{% if broken %}{% endif %}").whole);
    EXPECT_TRUE(Engine("{{ broken }}").whole);
}

/// One error with that reason, fast.
void expect_limit(std::string const& source, std::string const& reason) {
    auto const start = std::chrono::steady_clock::now();
    Engine const engine(source);
    auto const took = std::chrono::steady_clock::now() - start;
    EXPECT_NE(engine.errors.find(reason), std::string::npos) << source.substr(0, 200) << "\n"
                                                             << engine.errors;
    EXPECT_FALSE(engine.whole);
    // Generous, for slow machines and sanitizers; without limits these take minutes.
    EXPECT_LT(took, std::chrono::seconds(5)) << source.substr(0, 200);
}

std::string repeated(std::string const& text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
}

TEST(LiquidLimits, Loops) {
    expect_limit(
        "{% for i in (1..1000000000) %}x{% endfor %}", "1000000000 iterations; at most 100000"
    );
    expect_limit(
        "{% for i in (-9223372036854775807..9223372036854775807) %}{% endfor %}", "iterations"
    );
    expect_limit(
        "{% for a in (1..1000) %}{% for b in (1..1000) %}x{% endfor %}{% endfor %}",
        "more than 100000 iterations"
    );
}

TEST(LiquidLimits, Work) {
    expect_limit(
        "{% for a in (1..100000) %}" + repeated("{% assign b = a %}", 30) + "{% endfor %}",
        "more than 1000000 steps"
    );
    auto const large = "{% assign x = '" + std::string(500'000, 'a') + "' %}";
    expect_limit(
        large + "{% for i in (1..90000) %}{% assign y = x | upcase %}{% endfor %}", "steps"
    );
    expect_limit(
        large + "{% for i in (1..90000) %}{% if x == x %}{% endif %}{% endfor %}", "steps"
    );
    expect_limit(large + "{% for i in (1..90000) %}{% assign y = x.size %}{% endfor %}", "steps");
    expect_limit(
        large + "{% assign z = '" + std::string(250'000, 'a') +
            "b' %}"
            "{% for i in (1..90000) %}{% if x contains z %}{% endif %}{% endfor %}",
        "steps"
    );
    auto const name = std::string(400'000, 'n');
    expect_limit("{% for i in (1..90000) %}{% assign " + name + " = 1 %}{% endfor %}", "steps");
}

TEST(LiquidLimits, Output) {
    auto const large = std::string(900'000, 'a');
    expect_limit("{% for i in (1..99) %}" + large + "{% endfor %}", "more than 8000000 bytes");
    expect_limit(
        "{% for i in (1..99) %}{% capture x %}" + large + "{% endcapture %}{% endfor %}", "8000000"
    );
}

TEST(LiquidLimits, Values) {
    Engine const doubled(
        "{% assign x = 'ab' %}" + repeated("{% assign x = x | append: x %}", 40) + "{{ x }}"
    );
    EXPECT_NE(doubled.errors.find("more than 2000000 bytes"), std::string::npos) << doubled.errors;
    auto const many = std::string(90'000, 'a');
    Engine const replaced("{{ '" + many + "' | replace: 'a', '" + many + "' }}");
    EXPECT_NE(replaced.errors.find("more than 2000000 bytes"), std::string::npos);
    Engine const parts("{{ '" + std::string(900'000, 'a') + "' | split: '' }}");
    EXPECT_NE(parts.errors.find("more than 125000 parts"), std::string::npos);
}

TEST(LiquidLimits, Nesting) {
    auto const deep = repeated("{% if yes %}", 200);
    expect_limit(deep + "a" + repeated("{% endif %}", 200), "nest more than 100 levels");
    expect_limit(
        "{{ " + repeated("list[", 99'000) + "0" + repeated("]", 99'000) + " }}",
        "more than 50 levels"
    );
    expect_limit("{{ list" + repeated("[0]", 99'000) + " }}", "more than 50 steps");
    Engine const allowed(repeated("{% if yes %}", 100) + "a" + repeated("{% endif %}", 100));
    EXPECT_EQ(allowed.text, "a");
}

TEST(LiquidLimits, SimilarNamesAreLookedForOncePerPlace) {
    auto context = Engine::variables();
    for (int i = 0; i < 5000; ++i)
        context.values.emplace(std::string(55, 'a') + std::to_string(i), stackfile::Value{});
    auto const name = std::string(60, 'b');
    auto const start = std::chrono::steady_clock::now();
    Engine const engine("{% for i in (1..2000) %}{{ " + name + " }}{% endfor %}", context);
    EXPECT_EQ(engine.errors.find("1:28 undefined variable " + name), 0U) << engine.errors;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(LiquidLimits, UnluckyTextsTakeLinearTime) {
    for (auto const* part :
         {"{%",
          "{{",
          "{%\n",
          "{% raw %}{%",
          "{% comment %}",
          "{% if %}",
          "%}{%-",
          "{{ a }",
          "{% raw %}",
          "'{%'",
          "{% endfor %}"}) {
        auto const text = repeated(part, 900'000 / static_cast<int>(std::string(part).size()));
        auto const start = std::chrono::steady_clock::now();
        Engine const engine(text + "\n%}");
        EXPECT_FALSE(engine.errors.empty());
        EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5)) << part;
    }
}

} // namespace
} // namespace kontena::test
