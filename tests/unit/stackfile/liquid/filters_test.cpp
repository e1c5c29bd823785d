#include "tests/unit/stackfile/liquid/engine.hpp"

#include <gtest/gtest.h>

namespace kontena::test {
namespace {

struct Example {
    char const* expression;
    char const* result;
};

void PrintTo(Example const& one, std::ostream* out) { *out << one.expression; }

class LiquidFilter : public ::testing::TestWithParam<Example> {};

TEST_P(LiquidFilter, Gives) {
    Engine const engine(std::string("{{ ") + GetParam().expression + " }}");
    EXPECT_EQ(engine.errors, "");
    EXPECT_EQ(engine.text, GetParam().result);
}

INSTANTIATE_TEST_SUITE_P(
    Text,
    LiquidFilter,
    ::testing::Values(
        Example{"name | append: '-1'", "web-1"},
        Example{"name | append: n", "web3"},
        Example{"nothing | append: 'a'", "a"},
        Example{"name | prepend: 'my-'", "my-web"},
        Example{"'hELLO World' | upcase", "HELLO WORLD"},
        Example{"'hELLO World' | downcase", "hello world"},
        Example{"'hELLO World' | capitalize", "Hello world"},
        Example{"'  a b ' | strip | append: '|'", "a b|"},
        Example{"'  a ' | lstrip | append: '|'", "a |"},
        Example{"'  a ' | rstrip | append: '|'", "  a|"},
        Example{"'   ' | strip", ""},
        Example{"'a-b-c' | replace: '-', '+'", "a+b+c"},
        Example{"'a-b-c' | replace: '-'", "abc"},
        Example{"'a-b-c' | replace_first: '-', '+'", "a+b-c"},
        Example{"'a-b-c' | remove: '-'", "abc"},
        Example{"'a-b-c' | remove_first: '-'", "ab-c"},
        Example{"'aaa' | replace: 'aa', 'b'", "ba"},
        Example{"'a' | replace: '', 'b'", "a"},
        Example{"'a,b,,' | split: ',' | join: '|'", "a|b"},
        Example{"',a' | split: ',' | size", "2"},
        Example{"' a  b ' | split: ' ' | join: '|'", "a|b"},
        Example{"'häß' | split: '' | join: '|'", "h|ä|ß"},
        Example{"'' | split: ',' | size", "0"},
        Example{"nothing | split: ',' | size", "0"},
        Example{"'abcdef' | slice: 2", "c"},
        Example{"'abcdef' | slice: 1, 3", "bcd"},
        Example{"'abcdef' | slice: -3, 2", "de"},
        Example{"'abc' | slice: 9, 2", ""},
        Example{"'hällo' | slice: 1, 2", "äl"},
        Example{"list | slice: 1, 5", "bc"},
        Example{"'hällo wörld' | truncate: 8", "hällo..."},
        Example{"'hällo' | truncate: 5", "hällo"},
        Example{"'hällo' | truncate: 4, ''", "häll"},
        Example{"'hello' | truncate: 2", "..."},
        Example{"'a b c d' | truncatewords: 2", "a b..."},
        Example{"'a b' | truncatewords: 2", "a b"},
        Example{"'a b c' | truncatewords: 1, '!'", "a!"}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Markup,
    LiquidFilter,
    ::testing::Values(
        Example{"\"<a>&'\" | escape", "&lt;a&gt;&amp;&#39;"},
        Example{"'<' | h", "&lt;"},
        Example{"'&lt; & &#39; &x' | escape_once", "&lt; &amp; &#39; &amp;x"},
        Example{"'a b/ä~' | url_encode", "a+b%2F%C3%A4~"},
        Example{"'a+b%2F%C3%A4%zz%' | url_decode", "a b/ä%zz%"},
        Example{"nothing | url_encode", ""},
        Example{"\"a\nb\" | newline_to_br", "a<br />\nb"},
        Example{"\"a\r\nb\nc\" | strip_newlines", "abc"},
        Example{"'<b>x</b><script>y</script><!-- z --><style>q</style>w' | strip_html", "xw"},
        Example{"'1 < 2' | strip_html", "1 < 2"}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Numbers,
    LiquidFilter,
    ::testing::Values(
        Example{"five | plus: 0", "5"},
        Example{"'7x' | plus: 1", "8"},
        Example{"'x' | plus: 1", "1"},
        Example{"nothing | plus: 1", "1"},
        Example{"'1.5' | plus: 1", "2.5"},
        Example{"0.1 | plus: 0.2", "0.3"},
        Example{"n | minus: 5", "-2"},
        Example{"n | times: 2.0", "6.0"},
        Example{"7 | divided_by: 2", "3"},
        Example{"-7 | divided_by: 2", "-4"},
        Example{"7 | divided_by: 2.0", "3.5"},
        Example{"7 | modulo: 3", "1"},
        Example{"-7 | modulo: 3", "2"},
        Example{"7.5 | modulo: 2", "1.5"},
        Example{"1.2 | ceil", "2"},
        Example{"1.8 | floor", "1"},
        Example{"-1.2 | floor", "-2"},
        Example{"2.5 | round", "3"},
        Example{"-2.5 | round", "-3"},
        Example{"1.2345 | round: 2", "1.23"},
        Example{"1234 | round: -2", "1200"},
        Example{"n | round", "3"},
        Example{"-3 | abs", "3"},
        Example{"'-1.5' | abs", "1.5"},
        Example{"n | at_least: 5", "5"},
        Example{"n | at_most: 2", "2"},
        Example{"9223372036854775807 | plus: 0", "9223372036854775807"}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Lists,
    LiquidFilter,
    ::testing::Values(
        Example{"list | join", "a b c"},
        Example{"list | join: '-'", "a-b-c"},
        Example{"(1..3) | join: ','", "1,2,3"},
        Example{"list | first", "a"},
        Example{"list | last", "c"},
        Example{"none | first", ""},
        Example{"'abc' | first", ""},
        Example{"list | size", "3"},
        Example{"'hä' | size", "2"},
        Example{"(3..7) | size", "5"},
        Example{"n | size", "0"},
        Example{"nums | sort | join", "1 2 3"},
        Example{"'b,A,a,B' | split: ',' | sort | join: ''", "ABab"},
        Example{"'b,A,a,B' | split: ',' | sort_natural | join: ''", "AabB"},
        Example{"nums | concat: list | compact | size", "6"},
        Example{"nums | sort | reverse | join: ''", "321"},
        Example{"'a,b,a' | split: ',' | uniq | join: ''", "ab"},
        Example{"none | map: 'x' | size", "0"},
        Example{"nothing | default: 'd'", "d"},
        Example{"no | default: 'd'", "d"},
        Example{"'' | default: 'd'", "d"},
        Example{"none | default: 'd'", "d"},
        Example{"0 | default: 'd'", "0"}
    )
);

INSTANTIATE_TEST_SUITE_P(
    Dates,
    LiquidFilter,
    ::testing::Values(
        Example{"0 | date: '%Y-%m-%d %H:%M:%S %z'", "1970-01-01 00:00:00 +0000"},
        Example{"'86400' | date: '%F'", "1970-01-02"},
        Example{
            "'2017-03-05' | date: '%A %a %d. %B %b %-d|%e|%j|%u|%w|%y|%C'",
            "Sunday Sun 05. March Mar 5| 5|064|7|0|17|20"
        },
        Example{
            "'2017-03-05T14:03:09.25+02:00' | date: '%F %T.%L %I:%M %p %P %z %Z %s'",
            "2017-03-05 14:03:09.250 02:03 PM pm +0200 +0200 1488715389"
        },
        Example{
            "'2016-02-29 01:02' | date: '%c|%D|%R|%r|%k|%l|%^a|%%|%q|%'",
            "Mon Feb 29 01:02:00 2016|02/29/16|01:02|01:02:00 AM| 1| 1|MON|%|%q|%"
        },
        Example{"'2021-01-03' | date: '%G-%V %U %W'", "2020-53 01 00"},
        Example{"nothing | date: '%F'", ""},
        Example{"'2017-03-05' | date: ''", "2017-03-05"}
    )
);

struct Refusal {
    char const* expression;
    char const* reason;
};

void PrintTo(Refusal const& one, std::ostream* out) { *out << one.expression; }

class LiquidFilterRefuses : public ::testing::TestWithParam<Refusal> {};

TEST_P(LiquidFilterRefuses, WithAReason) {
    Engine const engine(std::string("{{ ") + GetParam().expression + " }}");
    EXPECT_NE(engine.errors.find(GetParam().reason), std::string::npos) << engine.errors;
    EXPECT_EQ(engine.text, "");
}

INSTANTIATE_TEST_SUITE_P(
    Values,
    LiquidFilterRefuses,
    ::testing::Values(
        Refusal{"n | divided_by: 0", "divided by 0"},
        Refusal{"n | modulo: 0.0", "divided by 0"},
        Refusal{"9223372036854775807 | plus: 1", "64 bits"},
        Refusal{"9223372036854775807 | times: 2", "64 bits"},
        Refusal{"'99999999999999999999' | plus: 1", "too large"},
        Refusal{"list | concat: 'a'", "a list is needed"},
        Refusal{"nums | concat: list | sort", "different kinds"},
        Refusal{"list | map: 'x'", "no properties"},
        Refusal{"name | slice: 'x'", "an integer is needed"},
        Refusal{"(1..1000000000) | join", "more than 100000"},
        Refusal{"'%ff' | url_decode", "not valid UTF-8"},
        Refusal{"'now' | date: '%F'", "'now' is not known here"},
        Refusal{"'2017-02-30' | date: '%F'", "not a date"},
        Refusal{"'yesterday' | date: '%F'", "not a date"},
        Refusal{"'99999999999999999999' | date: '%F'", "not a date"},
        Refusal{"list | date: '%F'", "a list is not a date"},
        Refusal{"999999999999999 | date: '%F'", "years 1 to 9999"},
        Refusal{"name | upcas", "undefined filter 'upcas'; did you mean 'upcase'?"},
        Refusal{"name | append", "takes 1 argument, not 0"},
        Refusal{"name | upcase: 1", "takes 0 arguments, not 1"},
        Refusal{"name | slice: 1, 2, 3", "takes 1 to 2 arguments, not 3"}
    )
);

} // namespace
} // namespace kontena::test
