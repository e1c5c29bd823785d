#include "core/yaml/load.hpp"
#include "stackfile/interpolate.hpp"
#include "stackfile/text.hpp"

#include <gtest/gtest.h>

namespace {

using namespace kontena;
using namespace kontena::stackfile;

TEST(LineIndex, PlacesAndOffsetsAreInverse) {
    std::string const text = "ab\n\ncde";
    LineIndex const index(text);
    EXPECT_EQ(index.lines(), 3);
    for (std::size_t offset = 0; offset <= text.size(); ++offset)
        EXPECT_EQ(index.offset(index.place(offset)), offset);
    EXPECT_EQ(index.line(1), "ab");
    EXPECT_EQ(index.line(2), "");
    EXPECT_EQ(index.line(3), "cde");
    EXPECT_EQ(index.line(4), "");
}

TEST(MappedText, CopiedPartsKeepTheirOriginAndInsertedOnesHaveOne) {
    auto const source = MappedText::identity("hello $name bye");
    MappedText out;
    out.copy(source, 0, 6);
    out.insert("somebody", source, 6);
    out.copy(source, 11, 4);
    EXPECT_EQ(out.text(), "hello somebody bye");
    EXPECT_EQ(out.origin(0), 0U);
    EXPECT_EQ(out.origin(6), 6U);
    EXPECT_EQ(out.origin(13), 6U);
    EXPECT_EQ(out.origin(14), 11U);
    EXPECT_EQ(out.origin(17), 14U);
}

TEST(MappedText, TwoStepsCompose) {
    auto const source = MappedText::identity("0123456789");
    MappedText first;
    first.copy(source, 2, 3);
    first.insert("XX", source, 5);
    first.copy(source, 7, 3);
    MappedText second;
    second.copy(first, 1, 6);
    EXPECT_EQ(second.text(), "34XX78");
    EXPECT_EQ(second.origin(0), 3U);
    EXPECT_EQ(second.origin(2), 5U);
    EXPECT_EQ(second.origin(3), 5U);
    EXPECT_EQ(second.origin(4), 7U);
    EXPECT_EQ(second.origin(5), 8U);
}

/// The text after interpolation with v = a.
std::string rendered(std::string const& text) {
    LineIndex const lines(text);
    Report report(lines, "f");
    auto const lookup = [](std::string_view name) -> std::optional<Value> {
        if (name == "v") return Value(std::string("a"));
        return std::nullopt;
    };
    auto const out = interpolate(MappedText::identity(text), lines, {lookup, {"v"}, {}}, report);
    return report.has_errors() ? "error" : out.text();
}

TEST(Interpolation, VectorOfTheSpecification) {
    EXPECT_EQ(rendered("$v ${v}"), "a a");
    EXPECT_EQ(rendered("$$v"), "$v");
    EXPECT_EQ(rendered("$${v}"), "${v}");
    EXPECT_EQ(rendered("$$$v"), "$$v");
    EXPECT_EQ(rendered("$v}"), "a");
    EXPECT_EQ(rendered("$(hostname)"), "$(hostname)");
    EXPECT_EQ(rendered("a$"), "a$");
    EXPECT_EQ(rendered("$1"), "error");
    EXPECT_EQ(rendered("${v:-x}"), "a:-x}");
    EXPECT_EQ(rendered("$v-$v.b"), "a-a.b");
    EXPECT_EQ(rendered("${re-d}"), "error");
    EXPECT_EQ(rendered("$V"), "error");
}

TEST(Interpolation, CommentsMayNameAnything) {
    EXPECT_EQ(rendered("  # $unknown $v $$x"), "  # $unknown a $x");
}

TEST(Interpolation, TemplatesOfTheirOwnKeepTheirReferences) {
    EXPECT_EQ(rendered("  interpolate: $other-$$x"), "  interpolate: $other-$x");
    EXPECT_EQ(rendered("evaluate: ${other} + 1"), "evaluate: ${other} + 1");
}

} // namespace
