#include "tests/unit/stackfile/liquid/engine.hpp"

#include <gtest/gtest.h>

namespace kontena::test {
namespace {

void expect(std::string const& source, std::string const& result) {
    Engine const engine(source);
    EXPECT_EQ(engine.errors, "") << source;
    EXPECT_EQ(engine.text, result) << source;
    EXPECT_TRUE(engine.whole) << source;
}

TEST(LiquidOutput, ValuesHaveTheirTextForm) {
    expect("{{ name }} {{name}} {{ n }} {{ f }}", "web web 3 1.5");
    expect("{{ yes }}{{ no }}|{{ nothing }}|{{ list }}|{{ none }}", "truefalse||abc|");
    expect("{{ 1.0 }} {{ -2 }} {{ 'a' }} {{ \"it's\" }} {{ nil }}{{ true }}", "1.0 -2 a it's true");
    expect("{{ 100000000000000000000.0 }} {{ 0.00001 }}", "1.0e+20 1.0e-05");
    expect("{{ (1..3) }} {{ empty }}{{ blank }}", "1..3 ");
    expect("{{ a-b }}", "dash");
}

TEST(LiquidOutput, TextAroundItStays) {
    expect("", "");
    expect("a { b } {c} %} }} {", "a { b } {c} %} }} {");
    expect("ä {{ name }}\n", "ä web\n");
    expect("{{ name\n }}", "web");
}

TEST(LiquidOutput, PathsReachIntoLists) {
    expect("{{ list[0] }}{{ list[-1] }}{{ list.first }}{{ list.last }}", "acac");
    expect("{{ list.size }} {{ name.size }} {{ none.size }}", "3 3 0");
    expect("{% assign i = 1 %}{{ list[i] }}{{ list[nums[1]] }}", "bb");
    expect("[{{ list[9] }}{{ list[-9] }}{{ none.first }}]", "[]");
    expect("{{ nothing.size }}{{ nothing[0] }}{{ nothing.a.b }}", "");
    expect("{% assign r = (2..5) %}{{ r.size }}{{ r.first }}{{ r.last }}", "425");
}

TEST(LiquidIf, OnlyNullAndFalseAreFalse) {
    for (auto const* truth : {"yes", "0", "''", "none", "n", "name", "0.0", "empty", "true"})
        expect(std::string("{% if ") + truth + " %}T{% else %}F{% endif %}", "T");
    for (auto const* lie : {"no", "nothing", "nil", "null", "false"})
        expect(std::string("{% if ") + lie + " %}T{% else %}F{% endif %}", "F");
}

TEST(LiquidIf, TheFirstBranchThatHoldsIsTaken) {
    std::string const tag =
        "{% if n == 1 %}a{% elsif n == 3 %}b{% elsif yes %}c{% else %}d{% endif %}";
    expect(tag, "b");
    expect("{% if no %}a{% elsif no %}b{% else %}c{% endif %}", "c");
    expect("{% if no %}a{% endif %}", "");
    expect("{% if yes %}{% if no %}a{% else %}b{% endif %}{% endif %}", "b");
}

TEST(LiquidIf, UnlessIsTheOpposite) {
    expect("{% unless no %}a{% else %}b{% endunless %}", "a");
    expect("{% unless yes %}a{% else %}b{% endunless %}", "b");
    expect("{% unless yes %}a{% elsif n == 3 %}b{% endunless %}", "b");
}

/// The result of a condition.
void holds(std::string const& condition, bool result = true) {
    expect("{% if " + condition + " %}T{% else %}F{% endif %}", result ? "T" : "F");
}

TEST(LiquidConditions, Comparisons) {
    for (auto const* good :
         {"n == 3",
          "n != 4",
          "n <> 4",
          "n < 4",
          "n > 2",
          "n <= 3",
          "n >= 3",
          "n == 3.0",
          "f > 1",
          "name == 'web'",
          "'a' < 'b'",
          "name < 'x'",
          "yes == true",
          "nothing == nil",
          "list == list",
          "n != '3'",
          "nil == null",
          "-1 < 0"})
        holds(good);
    for (auto const* bad :
         {"n == '3'",
          "five == 5",
          "nothing < 1",
          "1 > nothing",
          "yes < 1",
          "list < 1",
          "no == nil",
          "name == nil",
          "n < 3"})
        holds(bad, false);
}

TEST(LiquidConditions, Contains) {
    holds("name contains 'e'");
    holds("list contains 'b'");
    holds("nums contains 1.0");
    holds("(1..5) contains 5");
    holds("five contains 5");
    holds("list contains 'x'", false);
    holds("nums contains '1'", false);
    holds("nothing contains 'a'", false);
    holds("name contains nothing", false);
    holds("n contains 3", false);
}

TEST(LiquidConditions, EmptyAndBlank) {
    for (auto const* good :
         {"none == empty",
          "'' == empty",
          "empty == none",
          "list != empty",
          "'  ' == blank",
          "nothing == blank",
          "no == blank",
          "blank == ''",
          "name != blank",
          "empty == empty"})
        holds(good);
    for (auto const* bad : {"nothing == empty", "' ' == empty", "n == empty", "list == blank"})
        holds(bad, false);
}

TEST(LiquidConditions, AndOrGroupFromTheRightWithoutPrecedence) {
    holds("yes or no and no");        // yes or (no and no)
    holds("no and no or yes", false); // no and (no or yes)
    holds("yes and no or yes");
    holds("no or yes and yes");
}

TEST(LiquidConditions, WhatNeedNotBeKnownIsNotAsked) {
    holds("no and undefined", false);
    holds("yes or undefined");
    holds("yes or n > 'text'");
}

TEST(LiquidCase, TheFirstEqualValueCounts) {
    std::string const tag =
        "{% case n %} x {% when 1, 2 %}a{% when 3 or 4 %}b{% else %}c{% endcase %}";
    expect(tag, "b");
    expect("{% case name %}{% when 'db' %}a{% else %}c{% endcase %}", "c");
    expect("{% case name %}{% when 'db' %}a{% endcase %}", "");
    expect("{% case none %}{% when empty %}a{% endcase %}", "a");
    expect("{% case f %}{% when '1.5' %}a{% when 1.5 %}b{% endcase %}", "b");
}

TEST(LiquidFor, RunsOverListsRangesAndTexts) {
    expect("{% for x in list %}{{ x }},{% endfor %}", "a,b,c,");
    expect("{% for i in (1..n) %}{{ i }}{% endfor %}", "123");
    expect("{% for i in (n..1) %}{{ i }}{% else %}none{% endfor %}", "none");
    expect("{% for i in (five..7) %}{{ i }}{% endfor %}", "567");
    expect("{% for i in (-1..nothing) %}{{ i }}{% endfor %}", "-10");
    expect("{% for x in name %}{{ x }}!{% endfor %}", "web!");
    expect("{% for x in none %}a{% else %}b{% endfor %}", "b");
    expect("{% for x in nothing %}a{% else %}b{% endfor %}", "b");
    expect("{% assign r = (1..2) %}{% for x in r %}{{ x }}{% endfor %}", "12");
}

TEST(LiquidFor, LimitOffsetReversed) {
    expect("{% for x in list limit:2 %}{{ x }}{% endfor %}", "ab");
    expect("{% for x in list offset:1 %}{{ x }}{% endfor %}", "bc");
    expect("{% for x in list limit: 1 offset: 1 %}{{ x }}{% endfor %}", "b");
    expect("{% for x in list reversed %}{{ x }}{% endfor %}", "cba");
    expect("{% for x in list reversed limit:2 %}{{ x }}{% endfor %}", "ba");
    expect("{% for i in (1..9) limit: n offset: nums[0] %}{{ i }}{% endfor %}", "456");
    expect("{% for x in list offset: 9 %}a{% else %}b{% endfor %}", "b");
    expect("{% for x in list limit: nothing %}{{ x }}{% endfor %}", "abc");
    expect("{% for x in list limit: -1 %}{{ x }}{% endfor %}", "");
}

TEST(LiquidFor, OffsetContinueGoesOnWhereTheLoopBeforeStopped) {
    expect(
        "{% for x in list limit:2 %}{{ x }}{% endfor %}-"
        "{% for x in list offset:continue %}{{ x }}{% endfor %}",
        "ab-c"
    );
}

TEST(LiquidFor, ForloopKnowsWhereItIs) {
    expect(
        "{% for x in list %}{{ forloop.index }}{{ forloop.index0 }}{{ forloop.rindex }}"
        "{{ forloop.rindex0 }}{{ forloop.length }} {% endfor %}",
        "10323 21213 32103 "
    );
    expect(
        "{% for x in list %}{{ x }}{% unless forloop.last %},{% endunless %}{% endfor %}", "a,b,c"
    );
    expect("{% for x in list %}{% if forloop.first %}{{ x }}{% endif %}{% endfor %}", "a");
    expect(
        "{% for a in (1..2) %}{% for b in (1..2) %}{{ forloop.parentloop.index }}"
        "{{ forloop.index }} {% endfor %}{% endfor %}",
        "11 12 21 22 "
    );
    expect("{% for a in list limit:1 %}[{{ forloop.parentloop }}]{% endfor %}", "[]");
}

TEST(LiquidFor, BreakAndContinue) {
    expect("{% for i in (1..5) %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}", "12");
    expect(
        "{% for i in (1..4) %}{% if i == 3 %}{% continue %}{% endif %}{{ i }}{% endfor %}", "124"
    );
    expect(
        "{% for a in (1..2) %}{% for b in (1..3) %}{% if b == 2 %}{% break %}{% endif %}"
        "{{ a }}{{ b }} {% endfor %}{% endfor %}",
        "11 21 "
    );
    expect(
        "{% for a in (1..2) %}{% for b in none %}{% else %}{% break %}{% endfor %}x{% endfor %}", ""
    );
    expect(
        "{% for i in (1..2) %}{% capture c %}a{% break %}b{% endcapture %}{% endfor %}{{ c }}", "a"
    );
}

TEST(LiquidFor, TheLoopVariableIsGoneAfterwardsAndAssignedOnesStay) {
    expect("{% for n in (7..8) %}{{ n }}{% endfor %}{{ n }}", "783");
    expect("{% for i in (1..3) %}{% assign last = i %}{% endfor %}{{ last }}", "3");
}

TEST(LiquidVariables, AssignAndCapture) {
    expect("{% assign x = 'a' | append: 'b' | upcase %}{{ x }}", "AB");
    expect("{% assign x=n %}{{ x }}", "3");
    expect("{% assign name = 'mine' %}{{ name }}", "mine");
    expect("{% capture x %}<{{ name }}>{% endcapture %}{{ x }}{{ x.size }}", "<web>5");
    expect("{% capture 'x' %}a{% endcapture %}{{ x }}", "a");
    expect(
        "{% assign s = '' %}{% for i in (1..3) %}{% capture s %}{{ s }}s{{ i }} {% endcapture %}"
        "{% endfor %}{{ s }}",
        "s1 s2 s3 "
    );
}

TEST(LiquidVariables, Counters) {
    expect("{% increment c %}{% increment c %}{% increment c %}", "012");
    expect("{% decrement c %}{% decrement c %}", "-1-2");
    expect("{% assign c = 5 %}{% increment c %}{{ c }}", "05");
}

TEST(LiquidCycle, TakesTurns) {
    expect("{% for i in (1..5) %}{% cycle 'a', 'b' %}{% endfor %}", "ababa");
    expect("{% cycle 'a','b' %}{% cycle 'a','b' %}{% cycle 'a','b','c' %}", "aba");
    expect("{% cycle 'x': 'a','b' %}{% cycle 'y': 'a','b' %}{% cycle 'x': 'a','b' %}", "aab");
    expect("{% cycle name: n, f %}{% cycle name: n, f %}", "31.5");
}

TEST(LiquidRaw, KeepsTemplatesAsTheyAre) {
    expect("{% raw %}{{.Name}} {% if %}{% endraw %}", "{{.Name}} {% if %}");
    expect("{%raw%} {{ {% endraw %} b", " {{  b");
    expect("a {%- raw -%} b {%- endraw -%} c", "abc");
    expect("{% raw %}{% raw %}{% endraw %}", "{% raw %}");
}

TEST(LiquidComment, RendersNothing) {
    expect("a{% comment %}{{ undefined }} {% if %}{% endcomment %}b", "ab");
    expect("{% comment %}{% comment %}x{% endcomment %}y{% endcomment %}z", "z");
    expect("{% comment %}{% raw %}{% endcomment %}{% endraw %}{% endcomment %}z", "z");
}

TEST(LiquidWhiteSpace, DashesTrim) {
    expect("a \n {{- name -}} \n b", "awebb");
    expect("a {%- if yes -%} b {%- endif -%} c", "abc");
    expect("a {{- -1 -}} b", "a-1b");
    expect("a {%- comment -%} x {%- endcomment -%} b", "ab");
}

TEST(LiquidWhiteSpace, BlocksOfNothingButWhiteSpaceRenderNothing) {
    expect("a{% if yes %}  {% endif %}b", "ab");
    expect("a{% for i in (1..3) %}\n {% assign x = i %}\n{% endfor %}b", "ab");
    expect("a{% if yes %} # {% endif %}b", "a # b");
    expect("a{% if yes %} {% capture x %}  {% endcapture %} {% endif %}{{ x }}b", "a  b");
}

TEST(LiquidPlain, OnlyTagsAndOutputsMakeATemplate) {
    using stackfile::liquid::is_plain;
    EXPECT_TRUE(is_plain(""));
    EXPECT_TRUE(is_plain("{ { a: {b: c}} %} {"));
    EXPECT_FALSE(is_plain("a {{ b"));
    EXPECT_FALSE(is_plain("{%"));
}

TEST(LiquidOrigins, EveryByteKnowsWhereItCameFrom) {
    std::string const source = "ab{% for i in (1..2) %}-{{ i }}{% endfor %}yz";
    stackfile::LineIndex const lines(source);
    stackfile::Report report(lines, "f");
    auto const mapped = stackfile::MappedText::identity(source);
    auto const out = stackfile::liquid::render(mapped, lines, {}, report).text;
    ASSERT_EQ(out.text(), "ab-1-2yz");
    std::string origins;
    for (std::size_t i = 0; i < out.text().size(); ++i) origins += source[out.origin(i)];
    EXPECT_EQ(origins, "ab-{-{yz");
}

} // namespace
} // namespace kontena::test
