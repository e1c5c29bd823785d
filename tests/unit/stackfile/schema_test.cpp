#include "stackfile/path.hpp"
#include "stackfile/read.hpp"
#include "tests/unit/stackfile/case_file.hpp"
#include "tests/unit/stackfile/fake_world.hpp"
#include "tests/unit/stackfile/schema.hpp"

#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>

/// Reader and schema agree: what the reader takes the schema takes, and what the reader refuses
/// the schema refuses, unless no schema can know.
namespace kontena::test {
namespace {

/// What a schema cannot say: a reader's error with this in its path and reason may pass it.
struct Beyond {
    std::string_view error;
    std::string_view why;
};

constexpr std::array kBeyond{
    Beyond{"Undeclared variable", "references are replaced in the document"},
    Beyond{"undefined variable", "templates are replaced in the document"},
    Beyond{"divided by 0", "templates are replaced in the document"},
    Beyond{"the name 'null'", "the name comes from elsewhere"},
    Beyond{"plus: ", "templates are replaced in the document"},
    Beyond{"'now' is not known", "templates are replaced in the document"},
    Beyond{".presence: ", "the value comes from elsewhere"},
    Beyond{".validate_", "the value comes from elsewhere"},
    Beyond{"is not an integer", "what a type makes of a value is no matter of form"},
    Beyond{"does not fit into 64 bits", "what a type makes of a value is no matter of form"},
    Beyond{"is not a URI", "what a type makes of a value is no matter of form"},
    Beyond{"what decode_64 makes", "what a type makes of a value is no matter of form"},
    Beyond{"cannot be compared by size", "the value comes from elsewhere"},
    Beyond{"there is no larger and smaller", "the value comes from elsewhere"},
    Beyond{"there is no value for", "the value comes from elsewhere"},
    Beyond{"needs itself", "follows references of variables"},
    Beyond{"in a circle", "follows references of services and files"},
    Beyond{"are left out by their only_if", "conditions are no matter of form"},
    Beyond{"no such file", "asks the world"},
    Beyond{"this world has no", "asks the world"},
    Beyond{"there is also a service", "compares keys of two maps"},
    Beyond{"has missing links", "follows a reference"},
    Beyond{"there is no service", "follows a reference"},
    Beyond{"is not declared at the top level", "follows a reference"},
    Beyond{"inherited: ", "is in the service that is extended"},
    Beyond{"must be stop_first", "compares two keys that may be inherited"},
    Beyond{"counts memory and swap together", "compares two sizes"},
    Beyond{"must not be smaller than the timeout", "compares two numbers"},
    Beyond{"is used twice", "compares parts of texts"},
    Beyond{"is mounted twice", "compares parts of texts"},
    Beyond{"not valid YAML", "there is no document"},
    Beyond{"is not closed", "quotes of a shell are no regular language"},
    Beyond{"instances: write it in quotes", "is about how a number is written"},
    Beyond{"a name must be a string: write it in quotes", "in JSON all keys are strings"},
    Beyond{"cannot use volumes of other services", "compares two keys that may be inherited"},
};

/// Where the schema is stricter, so that editors offer one way to write it.
constexpr std::array<std::string_view, 2> kStricter{
    "names of resolvers are written in any style",
    "options that a type does not know are warned of and ignored",
};

Schema const& stack_schema() {
    static Schema const schema("schemas/stack-file.schema.json");
    return schema;
}

bool beyond(core::Issue const& issue) {
    auto const text = fmt::format("{}: {}", issue.path, issue.reason);
    return std::ranges::any_of(kBeyond, [&](Beyond const& rule) {
        return text.find(rule.error) != std::string::npos;
    });
}

std::string listed(std::vector<std::string> const& lines) {
    std::string out;
    for (auto const& line : lines) out += "  " + line + "\n";
    return out;
}

/// True when values that could not be found out are missing in the document.
bool has_holes(std::vector<core::Issue> const& errors) {
    return std::ranges::any_of(errors, [](core::Issue const& issue) {
        return issue.path.starts_with("variables.") ||
               issue.reason.find("ndeclared variable") != std::string::npos ||
               issue.reason.find("undefined variable") != std::string::npos;
    });
}

/// Compares what both say about the document of a reading.
void expect_agreement(stackfile::Reading const& reading) {
    if (reading.document.is_null()) return;
    auto errors = reading.errors;
    errors.insert(errors.end(), reading.refusals.begin(), reading.refusals.end());
    auto const found = stack_schema().problems(as_json(reading.document));
    std::vector<std::string> expressible;
    for (auto const& issue : errors)
        if (!beyond(issue) && issue.file == "kontena.yml") expressible.push_back(to_string(issue));
    if (expressible.empty() == found.empty()) return;
    if (expressible.empty() && has_holes(errors)) return;
    ADD_FAILURE() << "reader:\n" << listed(expressible) << "schema:\n" << listed(found);
}

class SchemaCase : public ::testing::TestWithParam<Case> {};

stackfile::Reading reading_of(Case const& one) {
    FakeWorld world(one);
    stackfile::Input input{
        .text = one.text(),
        .file = "kontena.yml",
        .reference = "/stacks/kontena.yml",
        .directory = "/stacks",
        .grid = "e2e",
        .outside = &world
    };
    for (auto const& line : one.lines("values")) {
        auto const [name, text] = split_at(line, "=");
        input.values[name] = line == name ? stackfile::Value() : stackfile::Value(unescaped(text));
    }
    for (auto const& line : one.lines("name")) input.stack_name = line;
    for (auto const& line : one.lines("parent")) input.parent_name = line;
    return stackfile::read(input);
}

TEST_P(SchemaCase, AgreesWithTheReader) {
    auto const& one = GetParam();
    if (std::ranges::find(kStricter, one.rule) != kStricter.end()) return;
    SCOPED_TRACE(fmt::format("{}:{}: {}", one.file, one.line, one.rule));
    expect_agreement(reading_of(one));
}

INSTANTIATE_TEST_SUITE_P(
    Cases,
    SchemaCase,
    ::testing::ValuesIn(load_cases("tests/data/stackfile")),
    [](auto const& info) {
        auto const& one = info.param;
        return fmt::format("{}_{}", std::filesystem::path(one.file).stem().string(), one.line);
    }
);

/// Files that are known to be right, and from the whole format.
class SchemaFile : public ::testing::TestWithParam<std::string> {};

/// The folder of a file, with dice.
class Folder : public stackfile::Outside {
public:
    core::Result<stackfile::Document>
    load(stackfile::Document const& from, std::string const& reference) override {
        auto const path = stackfile::join_path(stackfile::folder_of(from.reference), reference);
        if (!std::filesystem::exists(path))
            return core::fail(core::Errc::not_found, reference + ": no such file");
        return stackfile::Document{
            read_file(path), reference, path, std::string(stackfile::folder_of(path))
        };
    }

    core::Result<std::string> random(std::size_t bytes) override { return std::string(bytes, 'x'); }
};

TEST_P(SchemaFile, FitsTheSchemaWhenTheReaderTakesIt) {
    Folder world;
    auto const reading = stackfile::read(
        {.text = read_file(GetParam()),
         .file = "kontena.yml",
         .reference = GetParam(),
         .grid = "demo",
         .outside = &world}
    );
    expect_agreement(reading);
}

std::vector<std::string> stack_files() {
    std::vector<std::string> out;
    for (auto const* folder : {"examples/stacks", "tests/data/stackfile/reference"})
        for (auto const& entry : std::filesystem::recursive_directory_iterator(folder))
            if (entry.path().extension() == ".yml" &&
                stackfile::is_stack_file(read_file(entry.path().string())))
                out.push_back(entry.path().string());
    std::ranges::sort(out);
    return out;
}

INSTANTIATE_TEST_SUITE_P(Files, SchemaFile, ::testing::ValuesIn(stack_files()));

TEST(SchemaTable, NoRowIsThereForNothing) {
    std::string told;
    for (auto const& one : load_cases("tests/data/stackfile")) {
        auto const reading = reading_of(one);
        for (auto const* issues : {&reading.errors, &reading.refusals})
            for (auto const& issue : *issues) told += issue.path + ": " + issue.reason + "\n";
    }
    for (auto const& row : kBeyond)
        EXPECT_NE(told.find(row.error), std::string::npos) << row.error << ": " << row.why;
}

} // namespace
} // namespace kontena::test
