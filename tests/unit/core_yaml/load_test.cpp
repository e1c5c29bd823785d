#include "core/yaml/load.hpp"

#include <gtest/gtest.h>

namespace {

using namespace kontena;
using namespace kontena::yaml;

YamlNode good(std::string_view text) {
    auto tree = load(text, "f.yml");
    EXPECT_TRUE(tree) << (tree ? "" : to_string(tree.error()));
    return tree ? std::move(*tree) : YamlNode{};
}

core::Issue bad(std::string_view text) {
    auto const tree = load(text, "f.yml");
    EXPECT_FALSE(tree);
    return tree ? core::Issue{} : tree.error().issues.at(0);
}

TEST(Load, NodesKnowWhereTheyAre) {
    auto const root = good("a: 1\nb:\n  - x\n  - {k: \"v\"}\n");
    EXPECT_EQ(root.line, 1);
    auto const* b = root.find("b");
    ASSERT_NE(b, nullptr);
    EXPECT_EQ(b->items.at(0).line, 3);
    EXPECT_EQ(b->items.at(0).column, 5);
    auto const& entry = b->items.at(1).entries.at(0);
    EXPECT_EQ(entry.key.column, 6);
    EXPECT_EQ(entry.value.column, 9);
    EXPECT_TRUE(entry.value.quoted);
    EXPECT_EQ(entry.value.text, "v");
}

TEST(Load, PositionsAreRightBehindOtherCharactersAndLineEnds) {
    auto const root = good("\xEF\xBB\xBF# \xC3\xA9\r\n\xC3\xA9: x\r\nb: y\r\n");
    EXPECT_EQ(root.find("b")->line, 3);
    EXPECT_EQ(root.find("b")->column, 4);
    EXPECT_EQ(root.find("\xC3\xA9")->line, 2);
    EXPECT_EQ(root.find("\xC3\xA9")->column, 5); // bytes
}

TEST(Load, QuotedAndBlockScalarsAreStrings) {
    auto const root = good("a: \"5\"\nb: 'yes'\nc: |\n  12\nd: >-\n  12\ne: !!str 12\n");
    for (auto const& entry : root.entries)
        EXPECT_EQ(entry.value.kind, Kind::string) << entry.key.text;
    EXPECT_EQ(root.find("c")->text, "12\n");
    EXPECT_EQ(root.find("e")->text, "12");
}

TEST(Load, KeysKeepTheirText) {
    auto const root = good("on: 1\n010: 2\nnull: 3\n~: 4\n");
    EXPECT_NE(root.find("on"), nullptr);
    EXPECT_NE(root.find("010"), nullptr);
    EXPECT_NE(root.find("null"), nullptr);
    EXPECT_NE(root.find("~"), nullptr);
}

TEST(Load, TheLastDuplicateWinsInThePlaceOfTheFirst) {
    std::vector<core::Issue> warnings;
    auto const tree = load("a: 1\nb: 2\na: 3\n", "f.yml", &warnings);
    ASSERT_TRUE(tree);
    ASSERT_EQ(tree->entries.size(), 2U);
    EXPECT_EQ(tree->entries[0].key.text, "a");
    EXPECT_EQ(tree->entries[0].value.integer, 3);
    EXPECT_EQ(tree->entries[0].key.line, 3);
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_EQ(warnings[0].line, 3);
}

TEST(Load, MergeKeysFillInWhatIsMissing) {
    auto const root =
        good("x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  a: 0\n  <<: [*x, *y]\n  d: 5\n");
    auto const* z = root.find("z");
    EXPECT_EQ(z->find("a")->integer, 0);
    EXPECT_EQ(z->find("b")->integer, 2);
    EXPECT_EQ(z->find("c")->integer, 4);
    EXPECT_EQ(z->find("d")->integer, 5);
    EXPECT_EQ(z->find("<<"), nullptr);
    EXPECT_NE(good("'<<': 1").find("<<"), nullptr);
    EXPECT_EQ(bad("a:\n  <<: text\n").line, 2);
}

TEST(Load, NestedFlowMapsOfUnquotedTemplatesParse) {
    auto const root = good("a: {{ x }}\nb:\n  - {{ y }}\n");
    EXPECT_TRUE(root.find("a")->is_map());
}

TEST(Load, ErrorsHaveAPlaceAndSayWhatToDo) {
    auto const colon = bad("a: 1\nb: c: d\n");
    EXPECT_EQ(colon.file, "f.yml");
    EXPECT_EQ(colon.line, 2);
    EXPECT_NE(colon.reason.find("quote"), std::string::npos) << colon.reason;
    EXPECT_EQ(bad("a: [1, 2\n").line, 2);
    EXPECT_NE(bad("a: *nowhere\n").reason.find("anchor"), std::string::npos);
    EXPECT_NE(bad("a: &a [*a]\n").reason.find("itself"), std::string::npos);
    EXPECT_NE(bad("a: !custom 1\n").reason.find("tag"), std::string::npos);
}

TEST(Load, AnAliasBombIsDefused) {
    std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; ++i) {
        auto const previous = "*a" + std::to_string(i - 1);
        text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int k = 0; k < 10; ++k) text += previous + ", ";
        text += "x]\n";
    }
    EXPECT_NE(bad(text).reason.find("more than"), std::string::npos);
}

TEST(Load, ManyAliasesOfALongTextAreRefused) {
    std::string text = "a: &a " + std::string(500'000, 'x') + "\nb:\n";
    for (int i = 0; i < 100; ++i) text += "  - *a\n";
    EXPECT_NE(bad(text).reason.find("bytes of text"), std::string::npos);
}

TEST(Load, DepthIsLimitedAlsoThroughAliases) {
    EXPECT_NE(
        bad(std::string(201, '[') + std::string(201, ']')).reason.find("deep"), std::string::npos
    );
    std::string text = "a: &a " + std::string(150, '[') + std::string(150, ']') +
                       "\nb: " + std::string(100, '[') + "*a" + std::string(100, ']') + "\n";
    EXPECT_NE(bad(text).reason.find("deep"), std::string::npos);
    EXPECT_TRUE(load(std::string(190, '[') + std::string(190, ']'), "f"));
}

TEST(Load, NestedAnchorsCannotMultiplyMemory) {
    std::string text;
    for (int i = 0; i < 150; ++i) text += "&a" + std::to_string(i) + " [";
    for (int i = 0; i < 20'000; ++i) text += "x,";
    text += std::string(150, ']');
    EXPECT_NE(bad(text).reason.find("more than"), std::string::npos);
}

TEST(Load, UnreadableTextIsRefusedWithItsPlace) {
    EXPECT_EQ(bad("a: b\nc: \xC3\x28\n").line, 2);
    EXPECT_NE(
        bad(std::string("a: \x04 b", 7)).reason.find("control character 0x04"), std::string::npos
    );
    EXPECT_NE(bad("\xFE\xFF\0a").reason.find("UTF-16"), std::string::npos);
    EXPECT_NE(bad(std::string(1'000'001, ' ')).reason.find("1000000"), std::string::npos);
}

TEST(Load, AFurtherDocumentGivesAWarning) {
    std::vector<core::Issue> warnings;
    EXPECT_TRUE(load("---\na: 1\n---\nb: 2\n", "f", &warnings));
    EXPECT_EQ(warnings.size(), 1U);
    warnings.clear();
    EXPECT_TRUE(load("---\na: 1\n", "f", &warnings));
    EXPECT_TRUE(load("# c\n---\na: 1\n...\n", "f", &warnings));
    EXPECT_EQ(warnings.size(), 0U);
}

TEST(Load, NothingIsNull) {
    EXPECT_TRUE(good("").is_null());
    EXPECT_TRUE(good("# only a comment\n").is_null());
}

} // namespace
