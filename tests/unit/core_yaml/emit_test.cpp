#include "core/yaml/emit.hpp"
#include "core/yaml/load.hpp"
#include "core/yaml/make.hpp"

#include <gtest/gtest.h>

namespace {

using namespace kontena::yaml;

YamlNode tree(std::string_view text) {
    auto out = load(text, "f.yml");
    EXPECT_TRUE(out) << text << "\n" << (out ? "" : to_string(out.error()));
    return out ? std::move(*out) : YamlNode{};
}

bool same(YamlNode const& a, YamlNode const& b) {
    if (a.kind != b.kind || a.items.size() != b.items.size()) return false;
    if (a.entries.size() != b.entries.size()) return false;
    if (a.is_scalar() && canonical(a) != canonical(b)) return false;
    for (std::size_t i = 0; i < a.items.size(); ++i)
        if (!same(a.items[i], b.items[i])) return false;
    for (std::size_t i = 0; i < a.entries.size(); ++i)
        if (!same(a.entries[i].key, b.entries[i].key) ||
            !same(a.entries[i].value, b.entries[i].value))
            return false;
    return true;
}

TEST(Emit, BlockStyleWithTwoSpaces) {
    constexpr auto kText = "stack: a/b\n"
                           "services:\n"
                           "  web:\n"
                           "    image: app:1\n"
                           "    ports:\n"
                           "      - \"80:80\"\n"
                           "    instances: 3\n"
                           "    command: null\n"
                           "    links: []\n"
                           "    hooks: {}\n"
                           "    list:\n"
                           "      - a: 1\n"
                           "        b: true\n"
                           "      - - x\n"
                           "        - z\n";
    EXPECT_EQ(emit(tree(kText)), kText);
}

TEST(Emit, StringsThatLookLikeAnotherKindAreQuoted) {
    for (auto const* text :
         {"5",  "1.0", "yes",  "null", "~",  "",   "0x1f", "22:22", "2017-01-01", "1.2.3",
          "y",  "-",   "a: b", "a #b", "#a", "*a", "&a",   "{a",    "[a",         " a",
          "a ", "a:",  "@a",   "%a",   "!a", "'a", "é",    "<<"}) {
        YamlNode node;
        node.kind = Kind::string;
        node.text = text;
        EXPECT_EQ(emit(node), "\"" + std::string(text) + "\"\n");
    }
}

TEST(Emit, OrdinaryStringsAreNot) {
    for (auto const* text :
         {"a", "a b", "http://x:80/y", "a#b", "label==az=a1", "/data:/data", "$x"})
        EXPECT_EQ(emit(tree(text)), std::string(text) + "\n");
}

TEST(Emit, TextsOfSeveralLinesAreLiteralBlocks) {
    EXPECT_EQ(emit(tree("a: \"x\\ny\\n\"")), "a: |\n  x\n  y\n");
    EXPECT_EQ(emit(tree("a: \"x\\n\\n  y\"")), "a: |-\n  x\n\n    y\n");
    EXPECT_EQ(emit(tree("a: \"x \\ny\"")), "a: \"x \\ny\"\n");
}

TEST(Emit, NoCharacterGetsLost) {
    auto root = make_map();
    for (auto const* text :
         {"\u0085", "a\u2028b", "\u2029", "\ufeffa", "\u0080\u009f", "\uffff", "é\u00a0", "\x01\x7f"
         }) {
        put(root, text, make_text(text));
        put(root, std::string("b ") + text, make_list({text, std::string(text) + "\n" + text}));
    }
    auto const emitted = emit(root);
    EXPECT_TRUE(same(root, tree(emitted))) << emitted;
}

TEST(Emit, WhatComesOutIsReadAsTheSameTree) {
    for (auto const* text :
         {"a: [1, 2.5, .inf, .nan, yes, ~, 010, 0x10, 'x', \"y\\tz\\u00e9\"]\n",
          "{{ x }}: {? [a, b] : c}\n",
          "a: {{ x }}\n",
          "- - - deep\n- {a: {b: {c: []}}}\n",
          "yes: 1\n'no': 2\n12: 3\n",
          "a: \"\\x01\\x7f\"\n",
          "a: |+\n  x\n\n\nb: >\n  folded\n  text\n",
          "a: \" x\\n  y\\n\"\n",
          "text\n",
          "[]\n",
          ""}) {
        auto const first = tree(text);
        auto const emitted = emit(first);
        EXPECT_TRUE(same(first, tree(emitted))) << text << "\n->\n" << emitted;
        EXPECT_EQ(emit(tree(emitted)), emitted);
    }
}

} // namespace
