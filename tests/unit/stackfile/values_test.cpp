#include "stackfile/grid/folder.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

/// Values that are given from outside, for one stack file or for many.
namespace {

using namespace kontena;
using stackfile::Document;
using stackfile::grid::Choice;
using stackfile::grid::Folder;

class Files : public stackfile::Outside {
public:
    explicit Files(std::map<std::string, std::string> files)
        : files_(std::move(files)) {}

    core::Result<Document> load(Document const&, std::string const& reference) override {
        auto const path = reference.starts_with("./") ? reference.substr(2) : reference;
        auto const found = files_.find(path);
        if (found == files_.end()) return core::fail(core::Errc::not_found, "no such file");
        return document(path);
    }

    Document document(std::string const& path) const { return {files_.at(path), path, path, ""}; }

private:
    std::map<std::string, std::string> files_;
};

std::string stack(std::string const& variable, std::string const& more = "") {
    return "stack: own\nvariables: {" + variable + ": {type: string, default: x}}\n" + more +
           "services: {web: {image: a, user: \"$STACK\"}}\n";
}

struct Given {
    std::map<std::string, std::string> files;
    std::vector<std::string> names = {}; ///< of those that are read
    std::map<std::string, stackfile::Value> values = {};
    Choice choice = Choice::own;
    std::string grid = "demo";
};

Folder read(Given const& given) {
    Files files(given.files);
    std::vector<Document> documents;
    for (auto const& name : given.names) documents.push_back(files.document(name));
    return stackfile::grid::read_folder(
        documents, {.grid = given.grid, .values = given.values, .outside = &files}, given.choice
    );
}

std::string warnings(Folder const& folder) {
    std::string out;
    for (auto const& issue : folder.warnings) out += to_string(issue) + "\n";
    for (auto const& one : folder.readings)
        for (auto const& issue : one.reading.warnings) out += to_string(issue) + "\n";
    return out;
}

stackfile::Value text(char const* value) { return std::string(value); }

TEST(GivenValues, OneThatNoStackKnowsIsToldOfOnce) {
    Given given{{{"a", stack("port")}, {"b", "stack: b\nservices: {w: {image: a}}\n"}}, {"a", "b"}};
    given.values = {{"port", text("1")}, {"STACK", text("s")}};
    EXPECT_EQ(warnings(read(given)), "");
    given.values["prot"] = text("1");
    EXPECT_EQ(
        warnings(read(given)),
        "prot: there is no variable 'prot', so this value is not used; did you mean 'port'?\n"
    );
}

TEST(GivenValues, ThoseOfDependenciesAreTheirs) {
    auto const depends = "depends: {cache: {stack: child, variables: {port: 1, prot: 2}}}\n";
    Given given{{{"a", stack("v", depends)}, {"child", stack("port")}}, {"a"}};
    given.values = {{"cache.port", text("1")}, {"cache.prt", text("1")}, {"other.x", text("1")}};
    EXPECT_EQ(
        warnings(read(given)),
        "cache.prt: there is no variable 'cache.prt', so this value is not used; did you mean "
        "'port'?\n"
        "other.x: there is no variable 'other.x', so this value is not used\n"
        "a:3:54: depends.cache.variables.prot: there is no variable 'prot', so this value is not "
        "used; "
        "did you mean 'port'?\n"
    );
}

TEST(GivenValues, NothingIsSaidWhereVariablesCannotBeRead) {
    Given given{{{"a", "stack: a\nservices: {\n"}}, {"a"}, {{"x", text("1")}}};
    EXPECT_EQ(warnings(read(given)), "");
}

TEST(GivenValues, ThoseOfAGridFileHaveTheirPlaces) {
    auto const grid = "grid: demo\nstacks:\n  shop:\n    file: a\n    variables:\n      port: 1\n"
                      "      prot: 1\n";
    Given given{{{"grid.yml", grid}, {"a", stack("port")}}, {"grid.yml"}};
    EXPECT_EQ(
        warnings(read(given)),
        "grid.yml:7:7: stacks.shop.variables.prot: there is no variable 'prot', so this value is "
        "not used; did you mean 'port'?\n"
    );
}

TEST(Dependencies, GoByTheirOwnNamesWhereNothingIsInstalled) {
    auto const depends = "depends: {l: {stack: child}, r: {stack: child}}\n";
    Given given{{{"a", stack("v", depends)}, {"child", stack("w")}}, {"a"}};
    auto const user = [](Folder const& folder) -> std::optional<std::string> {
        auto const& reading = folder.readings.at(0).reading;
        EXPECT_TRUE(reading.errors.empty()) << to_string(reading.errors.at(0));
        if (!reading.normal) return std::nullopt;
        return folder.readings.at(0).reading.normal->services.at(0).spec->user.value;
    };
    EXPECT_EQ(user(read(given)), "own-l");
    given.choice = Choice::every;
    auto const checked = read(given);
    EXPECT_EQ(user(checked), "own");
    EXPECT_EQ(checked.readings.at(0).reading.normal->parent_name, "own");
    EXPECT_TRUE(checked.errors.empty());
}

std::string refusal(std::string const& service, std::string const& grid) {
    Given given{{{"a", "stack: shop\nservices: {" + service + ": {image: a, instances: 12}}\n"}}};
    given.names = {"a"};
    given.grid = grid;
    auto const folder = read(given);
    auto const& refusals = folder.readings.at(0).reading.refusals;
    return refusals.empty() ? "" : to_string(refusals.at(0));
}

TEST(HostNames, HaveSixtyFourCharacters) {
    // -12 .shop .demo .kontena.local
    std::string const longest(64 - 3 - 5 - 5 - 14, 's');
    EXPECT_EQ(refusal(longest, "demo"), "");
    EXPECT_EQ(
        refusal(longest + "s", "demo"),
        "a:2:12: services." + longest + "s: the host name " + longest +
            "s-12.shop.demo.kontena.local has 65 characters, 64 are allowed: shorten the name of "
            "the service or of the stack"
    );
}

TEST(HostNames, OfNoGridAreAsShortAsTheyCanBe) {
    std::string const longest(64 - 3 - 5 - 4 - 14, 's');
    for (auto const* grid : {"", "validate"}) {
        EXPECT_EQ(refusal(longest, grid), "");
        EXPECT_NE(
            refusal(longest + "s", grid).find("-12.shop.???.kontena.local"), std::string::npos
        );
    }
}

} // namespace
