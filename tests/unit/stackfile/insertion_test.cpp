#include "core/yaml/load.hpp"
#include "stackfile/insertion.hpp"

#include <gtest/gtest.h>

namespace kontena::test {
namespace {

using stackfile::insertion;
using stackfile::Position;
using stackfile::Value;

std::string read_back(std::string const& line) {
    auto const tree = yaml::load(line, "f.yml");
    EXPECT_TRUE(tree) << line << "\n" << (tree ? "" : to_string(tree.error()));
    auto const* value = tree ? tree->find("a") : nullptr;
    return value == nullptr ? "(nothing)" : value->text;
}

std::vector<std::string> awkward_texts() {
    return {
        "plain",
        "a \"b\"",
        "it's",
        "back\\slash",
        "tab\tin",
        "a: b",
        "a #b",
        "*a",
        " a ",
        "bell\x07",
        "del\x7f",
        "next line\u0085end",
        "line\u2028separator",
        "paragraph\u2029separator",
        "\ufeffmark",
        "c1\u009b",
        "non\uffffcharacter",
        "é \U0001F600",
    };
}

TEST(Insertion, AValueAloneIsReadAsItIs) {
    for (auto const& text : awkward_texts())
        EXPECT_EQ(read_back("a: " + insertion(Value(text), Position::whole_scalar) + "\n"), text);
    EXPECT_EQ(read_back("a: " + insertion(Value("x\ny\r"), Position::whole_scalar)), "x\ny\r");
}

TEST(Insertion, AValueInDoubleQuotesIsReadAsItIs) {
    for (auto const& text : awkward_texts())
        EXPECT_EQ(
            read_back("a: \"<" + insertion(Value(text), Position::in_double_quotes) + ">\"\n"),
            "<" + text + ">"
        );
}

TEST(Insertion, AListHasItsItemsAsTheyAre) {
    stackfile::List list;
    for (auto const& text : awkward_texts()) list.emplace_back(text);
    auto const tree =
        yaml::load("a: " + insertion(Value(list), Position::whole_scalar) + "\n", "f.yml");
    ASSERT_TRUE(tree) << to_string(tree.error());
    auto const& items = tree->find("a")->items;
    ASSERT_EQ(items.size(), list.size());
    for (std::size_t i = 0; i < items.size(); ++i) EXPECT_EQ(items[i].text, awkward_texts()[i]);
}

} // namespace
} // namespace kontena::test
