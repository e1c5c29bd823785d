#include "stackfile/read.hpp"

#include <gtest/gtest.h>

namespace {

using kontena::stackfile::is_stack_file;

TEST(IsStackFile, ATopLevelStackKeyMakesOne) {
    EXPECT_TRUE(is_stack_file("stack: web\nservices: {}\n"));
    EXPECT_TRUE(is_stack_file("# a comment\n---\nversion: 1.0.0\nstack: web\n"));
    EXPECT_TRUE(is_stack_file("\"stack\": web\n"));
    EXPECT_TRUE(is_stack_file("stack:\n"));
    EXPECT_TRUE(is_stack_file("\xEF\xBB\xBFstack: web\r\n"));
    EXPECT_TRUE(is_stack_file("{stack: web, services: {}}"));
}

TEST(IsStackFile, ABrokenDocumentIsOneAllTheSame) {
    EXPECT_TRUE(is_stack_file("stack: web\nservices: [\n"));
    EXPECT_TRUE(is_stack_file("stack: web\n  bad: indent\n"));
}

TEST(IsStackFile, TemplatesDoNotHideOne) {
    EXPECT_TRUE(is_stack_file("# {% if x %}\nstack: web\n"));
    EXPECT_TRUE(is_stack_file("{% assign x = 1 %}\nstack: web\nservices: {a: {image: {{ x }}}}\n"));
    EXPECT_TRUE(is_stack_file("{{ x }}: 1\nstack: web\n"));
    EXPECT_TRUE(is_stack_file("{stack: web, services: {a: {image: {{ b[0] | upcase }}}}}"));
    EXPECT_FALSE(is_stack_file("{{ x }}: 1\nstacks: web\n"));
    EXPECT_FALSE(is_stack_file("{grid: {{ b[0] }}}"));
}

TEST(IsStackFile, OtherYamlIsNot) {
    EXPECT_FALSE(is_stack_file(""));
    EXPECT_FALSE(is_stack_file("grid: prod\nstacks:\n  web:\n    stack: web.yml\n"));
    EXPECT_FALSE(is_stack_file("  stack: nested\n"));
    EXPECT_FALSE(is_stack_file("# stack: web\n"));
    EXPECT_FALSE(is_stack_file("stacks: a\n"));
    EXPECT_FALSE(is_stack_file("stack:web\n"));
    EXPECT_FALSE(is_stack_file("services: {}\n---\nstack: second\n"));
    EXPECT_FALSE(is_stack_file("{grid: prod}"));
    EXPECT_FALSE(is_stack_file("just text"));
}

} // namespace
