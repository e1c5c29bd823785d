#include "stackfile/read.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace kontena;

stackfile::Reading read(std::string text) {
    return stackfile::read({.text = std::move(text), .file = "f.yml", .grid = "g"});
}

void expect_one_error(std::string text, std::string_view part) {
    auto const reading = read(std::move(text));
    ASSERT_EQ(reading.errors.size(), 1U);
    EXPECT_NE(reading.errors[0].reason.find(part), std::string::npos) << reading.errors[0].reason;
    EXPECT_FALSE(reading.stack);
}

TEST(Limits, AnEmptyFileIsAnError) {
    expect_one_error("", "empty");
    expect_one_error("# nothing\n", "empty");
    expect_one_error("- a\n- b\n", "must be a map");
    expect_one_error("text", "must be a map");
}

TEST(Limits, TooLargeIsAnError) {
    expect_one_error("stack: a\n#" + std::string(1'000'000, 'x'), "at most 1000000");
}

TEST(Limits, TooLargeAfterRenderingIsAnError) {
    expect_one_error(
        "stack: a\n# {% for i in (1..1000) %}\n#" + std::string(2000, 'x') + "\n# {% endfor %}\n",
        "after rendering, the file has 2005012 bytes; at most 1000000"
    );
}

TEST(Limits, TooDeepIsAnError) {
    expect_one_error("stack: " + std::string(300, '[') + std::string(300, ']'), "levels deep");
}

TEST(Limits, EncodingErrorsHaveTheirPlace) {
    auto const reading = read("stack: a\nversion: \xFF\n");
    ASSERT_EQ(reading.errors.size(), 1U);
    EXPECT_EQ(reading.errors[0].line, 2);
    EXPECT_EQ(reading.errors[0].column, 10);
    expect_one_error(std::string("stack: a\0b", 10), "control character");
    expect_one_error("\xFF\xFEs\0t\0", "UTF-16");
}

TEST(Limits, ManyErrorsAreCutOff) {
    std::string text = "stack: a\nservices:\n  web:\n    image: a\n    environment:\n";
    for (int i = 0; i < 5000; ++i)
        text += "      A" + std::to_string(i) + ": $no" + std::to_string(i) + "\n";
    auto const errors = read(text).errors;
    EXPECT_EQ(errors.size(), 200U);
    EXPECT_TRUE(
        errors.back().reason.ends_with("; there may be more errors: no others are looked for")
    );
    EXPECT_EQ(errors.front().reason.find("there may be more"), std::string::npos);
}

TEST(Limits, ManyRefusalsAreCutOff) {
    std::string text = "stack: a\nservices:\n  web:\n    image: a\n    links:\n";
    for (int i = 0; i < 300; ++i) text += "      - no" + std::to_string(i) + "\n";
    auto const refusals = read(text).refusals;
    EXPECT_EQ(refusals.size(), 200U);
    EXPECT_NE(refusals.back().reason.find("there may be more errors"), std::string::npos);
}

TEST(Limits, WindowsLineEndsAndAByteOrderMarkAreFine) {
    auto const reading = read("\xEF\xBB\xBFstack: a\r\nservices:\r\n  web:\r\n    image: b:1\r\n");
    ASSERT_TRUE(reading.stack);
    EXPECT_EQ(reading.stack->name, "a");
    EXPECT_EQ(reading.stack->services.at(0).spec.image, "b:1");
    EXPECT_EQ(reading.stack->services.at(0).origin.line, 3);
}

TEST(Limits, ColumnsCountCharacters) {
    auto const reading = read("stack: a\nservices: {é: {image: a, bad: 1}}\n");
    ASSERT_EQ(reading.errors.size(), 1U);
    EXPECT_EQ(reading.errors[0].column, 26);
}

/// Files by name; whatever is asked for and not there is an error.
class Files : public stackfile::Outside {
public:
    explicit Files(std::map<std::string, std::string> files)
        : files_(std::move(files)) {}

    core::Result<std::string> beside(stackfile::Document const&, std::string const& path) override {
        auto const found = files_.find(path);
        if (found == files_.end()) return core::fail(core::Errc::not_found, "no such file");
        return found->second;
    }

    core::Result<stackfile::Document>
    load(stackfile::Document const& from, std::string const& reference) override {
        KTRY(auto text, beside(from, reference));
        return stackfile::Document{std::move(text), reference, reference, ""};
    }

private:
    std::map<std::string, std::string> files_;
};

std::string first_error(std::string text, std::map<std::string, std::string> files = {}) {
    Files outside(std::move(files));
    auto const reading = stackfile::read(
        {.text = std::move(text),
         .file = "f.yml",
         .reference = "f.yml",
         .grid = "g",
         .outside = &outside}
    );
    return reading.errors.empty() ? "" : to_string(reading.errors.front());
}

void expect_part(std::string const& text, std::string_view part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
}

/// Services s0 to s<count>, each extending the next, the last one with the body.
std::string chain(int count, bool forwards) {
    std::vector<std::string> services{"  s" + std::to_string(count) + ": {image: a}\n"};
    for (int i = count - 1; i >= 0; --i)
        services.push_back(
            "  s" + std::to_string(i) + ": {extends: s" + std::to_string(i + 1) + "}\n"
        );
    if (forwards) std::ranges::reverse(services);
    std::string out = "stack: a\nservices:\n";
    for (auto const& service : services) out += service;
    return out;
}

TEST(Limits, ChainsOfExtendsEndInWhicheverOrderTheyAreWritten) {
    for (bool const forwards : {true, false}) {
        EXPECT_EQ(first_error(chain(32, forwards)), "");
        expect_part(first_error(chain(33, forwards)), "extends more than 32 times");
        expect_part(first_error(chain(1900, forwards)), "extends more than 32 times");
    }
}

TEST(Limits, WhatServicesInheritIsBounded) {
    std::string text = "stack: a\nservices:\n  base:\n    image: a\n    environment:\n";
    for (int i = 0; i < 5000; ++i) text += "      - NAME" + std::to_string(i) + "=some value\n";
    for (int i = 0; i < 1900; ++i) text += "  s" + std::to_string(i) + ": {extends: base}\n";
    expect_one_error(text, "services take over more than 8000000 bytes");
}

TEST(Limits, WhatEnvFilesAddIsBounded) {
    std::string env;
    for (int i = 0; i < 20'000; ++i) env += "NAME" + std::to_string(i) + "=some value\n";
    std::string text = "stack: a\nservices:\n";
    for (int i = 0; i < 1900; ++i)
        text += "  s" + std::to_string(i) + ": {image: a, env_file: x}\n";
    expect_part(first_error(text, {{"x", env}}), "services take over more than 8000000 bytes");
}

TEST(Limits, EnvFilesAreCheckedAsTexts) {
    auto const text = "stack: a\nservices: {web: {image: a, env_file: x}}\n";
    expect_part(first_error(text, {{"x", "A=1\nB=\xFF\n"}}), "x:2:3: services.web.env_file: byte");
    expect_part(first_error(text, {{"x", std::string(1'000'001, 'x')}}), "at most 1000000");
}

TEST(Limits, FilesToExtendFromAreCounted) {
    std::string text = "stack: a\nservices:\n";
    std::map<std::string, std::string> files;
    for (int i = 0; i < 101; ++i) {
        auto const name = std::to_string(i);
        text += "  s" + name + ": {extends: {file: f" + name + ", service: x}}\n";
        files.emplace("f" + name, "services: {x: {image: a}}\n");
    }
    expect_part(first_error(text, files), "f.yml:103:19: services.s100.extends: extends from more");
}

TEST(Limits, TheTreeOfDependenciesIsBounded) {
    std::map<std::string, std::string> files;
    auto const two = [](int next) {
        auto const name = "d" + std::to_string(next);
        return "stack: x\ndepends:\n  l: {stack: " + name + "}\n  r: {stack: " + name +
               "}\nservices: {web: {image: a}}\n";
    };
    for (int i = 1; i < 9; ++i) files["d" + std::to_string(i)] = two(i + 1);
    files["d9"] = "stack: x\nservices: {web: {image: a}}\n";
    expect_part(first_error(two(1), files), "more than 100 dependencies");
}

TEST(Limits, TheDepthOfDependenciesIsBounded) {
    std::map<std::string, std::string> files;
    auto const one = [](int next) {
        return "stack: x\ndepends: {n: {stack: d" + std::to_string(next) +
               "}}\nservices: {web: {image: a}}\n";
    };
    for (int i = 1; i < 20; ++i) files["d" + std::to_string(i)] = one(i + 1);
    expect_part(first_error(one(1), files), "depends more than 10 levels deep");
}

TEST(Limits, VariablesAreCounted) {
    std::string text = "stack: a\nvariables:\n";
    for (int i = 0; i < 2001; ++i) text += "  v" + std::to_string(i) + ": {type: string}\n";
    expect_one_error(text, "more than 2000 variables in one file");
}

TEST(Limits, ValuesTogetherAreBounded) {
    std::string text =
        "stack: a\nvariables:\n  v: {type: string, value: " + std::string(500'000, 'x') + "}\n";
    for (int i = 0; i < 30; ++i)
        text += "  v" + std::to_string(i) + ": {type: string, from: {variable: v}}\n";
    text += "services: {web: {image: a}}\n";
    expect_one_error(text, "all variables together have more than 8000000 bytes");
}

TEST(Limits, TagsAndOutputsAreCounted) {
    std::string text = "stack: a\nservices: {web: {image: a}}\n#";
    for (int i = 0; i < 20'000; ++i) text += "{{ 1 }}";
    EXPECT_EQ(first_error(text), "");
    expect_one_error(text + "\n# {% if", "more than 20000 tags and outputs");
}

TEST(Limits, ServicesAreCounted) {
    std::string text = "stack: a\nservices:\n";
    for (int i = 0; i < 2001; ++i) text += "  s" + std::to_string(i) + ": {image: a}\n";
    expect_part(first_error(text), "f.yml:3:3: services: more than 2000 services");
}

TEST(Limits, LongScalarsAreFine) {
    auto const value = std::string(900'000, 'x');
    EXPECT_EQ(
        first_error("stack: a\nservices: {web: {image: a, entrypoint: " + value + "}}\n"), ""
    );
}

} // namespace
