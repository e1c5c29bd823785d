#include "core/json/codec.hpp"
#include "core/yaml/load.hpp"
#include "stackfile/path.hpp"
#include "stackfile/payload.hpp"
#include "stackfile/read.hpp"
#include "tests/unit/stackfile/case_file.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

/// Stack files found in public, and what the original made of them; see the README beside them.
namespace kontena::test {
namespace {

namespace bj = boost::json;
namespace fs = std::filesystem;

constexpr auto kFolder = "tests/data/stackfile/reference";
constexpr auto kCaseDir = "@CASE_DIR@";

/// Where we do better than the original. A `*` in the pointer is one part, or any case.
struct Improvement {
    std::string_view name; ///< of the case
    std::string_view pointer;
    std::string_view reason;
};

constexpr auto kVault = "D5: values of the vault are not stored with the stack";

constexpr std::array kImprovements{
    Improvement{"*", "/services/*/ports/*/container_port", "D18: ports are numbers"},
    Improvement{"*", "/services/*/ports/*/node_port", "D18: ports are numbers"},
    Improvement{"kdgm_newrelic-kontena", "/variables/newrelic_license_key", kVault},
    Improvement{
        "leonidas_leonidas-platform-kontena-exporter", "/variables/prometheus_password", kVault
    },
    Improvement{"leonidas_leonidas-platform-manager", "/variables/postgres_hostname", kVault},
    Improvement{"leonidas_leonidas-platform-manager", "/variables/postgres_username", kVault},
    Improvement{"leonidas_leonidas-platform-manager", "/variables/postgres_database", kVault},
    Improvement{"leonidas_leonidas-platform-manager", "/variables/postgres_password", kVault},
    Improvement{"leonidas_leonidas-platform-manager", "/variables/public_hostname", kVault},
    Improvement{"leonidas_leonidas-platform-manager", "/variables/secret_key", kVault},
    Improvement{
        "leonidas_leonidas-platform-manager_cmdb_importers_data_example_kontena_stack",
        "/variables/mysql_root_password",
        kVault
    },
    Improvement{
        "leonidas_leonidas-platform-manager_cmdb_importers_data_example_kontena_stack",
        "/variables/mysql_password",
        kVault
    },
    Improvement{
        "leonidas_leonidas-platform-manager_cmdb_importers_data_example_kontena_stack",
        "/variables/maintenance_mode",
        kVault
    },
};

std::vector<std::string> case_names() {
    std::vector<std::string> out;
    for (auto const& entry : fs::directory_iterator(kFolder))
        if (entry.is_directory()) out.push_back(entry.path().filename().string());
    std::ranges::sort(out);
    return out;
}

/// The folder of a case as the world of the reader, under the name that the output has for it.
class CaseFolder : public stackfile::Outside {
public:
    explicit CaseFolder(std::string folder)
        : folder_(std::move(folder)) {}

    bool has(std::string const& file) const { return fs::exists(folder_ + "/" + file); }

    std::string text(std::string const& file) const { return read_file(folder_ + "/" + file); }

    core::Result<std::string>
    beside(stackfile::Document const& document, std::string const& path) override {
        return find(stackfile::join_path(stackfile::folder_of(document.file), path));
    }

    core::Result<stackfile::Document>
    load(stackfile::Document const& from, std::string const& reference) override {
        auto const file = stackfile::join_path(stackfile::folder_of(from.file), reference);
        KTRY(auto found, find(file));
        auto const path = stackfile::join_path(kCaseDir, file);
        return stackfile::Document{
            std::move(found), file, path, std::string(stackfile::folder_of(path))
        };
    }

private:
    core::Result<std::string> find(std::string const& file) const {
        if (has(file)) return text(file);
        return core::fail(core::Errc::not_found, "no such file " + file);
    }

    std::string folder_;
};

bool pattern_matches(std::string_view pattern, std::string_view text) {
    auto const star = pattern.find('*');
    if (star == std::string_view::npos) return pattern == text;
    if (!text.starts_with(pattern.substr(0, star))) return false;
    auto const rest = text.substr(star);
    auto const end = std::min(rest.find('/'), rest.size());
    return pattern_matches(pattern.substr(star + 1), rest.substr(end));
}

bool improved(std::string_view name, std::string_view pointer) {
    return std::ranges::any_of(kImprovements, [&](Improvement const& improvement) {
        return pattern_matches(improvement.name, name) &&
               pattern_matches(improvement.pointer, pointer);
    });
}

/// Key order does not count, null and absent differ, 1 and 1.0 do not.
void compare(
    std::string const& name,
    std::string const& at,
    bj::value const* expected,
    bj::value const* found
) {
    if (improved(name, at)) return;
    if (expected != nullptr && found != nullptr && expected->is_object() && found->is_object()) {
        std::set<std::string> keys;
        for (auto const* object : {expected, found})
            for (auto const& [key, value] : object->get_object()) keys.insert(key);
        for (auto const& key : keys)
            compare(
                name,
                at + "/" + key,
                expected->get_object().if_contains(key),
                found->get_object().if_contains(key)
            );
        return;
    }
    if (expected != nullptr && found != nullptr && expected->is_array() && found->is_array()) {
        auto const& a = expected->get_array();
        auto const& b = found->get_array();
        for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i)
            compare(name, fmt::format("{}/{}", at, i), a.if_contains(i), b.if_contains(i));
        return;
    }
    auto const show = [](bj::value const* value) {
        return value == nullptr ? "absent" : json::serialize(*value);
    };
    auto const number = [](bj::value const* value) {
        return value != nullptr && value->is_number();
    };
    if (number(expected) && number(found)) {
        EXPECT_EQ(expected->to_number<double>(), found->to_number<double>()) << at;
    } else {
        EXPECT_EQ(show(expected), show(found)) << at;
    }
}

void leaf_paths(yaml::YamlNode const& node, std::string const& at, std::set<std::string>& out) {
    if (node.is_scalar()) out.insert(at);
    for (auto const& item : node.items) leaf_paths(item, at, out);
    for (auto const& [key, value] : node.entries)
        leaf_paths(value, at.empty() ? key.text : at + "." + key.text, out);
}

/// Paths of the errors or warnings of the file, as the original prints them.
std::set<std::string> expected_paths(std::string const& text) {
    std::set<std::string> out;
    auto const at = text.find("\n- ");
    if (at == std::string::npos) return out;
    auto const list = yaml::load(text.substr(at + 1), "errors.txt");
    EXPECT_TRUE(list);
    for (auto const& item : list->items) {
        auto const* of_file = item.find("kontena.yml");
        leaf_paths(of_file == nullptr ? item : *of_file, "", out);
    }
    return out;
}

bool below(std::string_view path, std::string_view upper) {
    return path == upper || (path.starts_with(upper) && path[upper.size()] == '.');
}

void expect_errors(std::vector<core::Issue> const& found, std::string const& text) {
    std::string shown;
    for (auto const& issue : found) shown += to_string(issue) + "\n";
    auto const paths = expected_paths(text);
    for (auto const& path : paths)
        EXPECT_TRUE(
            std::ranges::any_of(found, [&](auto const& issue) { return below(issue.path, path); })
        ) << "no error at "
          << path << " but\n"
          << shown;
    for (auto const& issue : found)
        EXPECT_TRUE(
            paths.empty() ||
            std::ranges::any_of(paths, [&](auto const& path) { return below(issue.path, path); })
        ) << to_string(issue);
    if (auto const at = text.find("no such file"); at != std::string::npos)
        EXPECT_NE(shown.find(text.substr(at, text.find(" or ", at) - at)), std::string::npos)
            << shown;
}

class Reference : public ::testing::TestWithParam<std::string> {};

TEST_P(Reference, IsReadAsTheOriginalDid) {
    auto const& name = GetParam();
    CaseFolder folder(fmt::format("{}/{}", kFolder, name));
    stackfile::Input input{
        .text = folder.text("kontena.yml"),
        .file = "kontena.yml",
        .reference = std::string(kCaseDir) + "/kontena.yml",
        .directory = kCaseDir,
        .grid = "validate", // as the original has it when it validates without a master
        .outside = &folder
    };
    if (folder.has("values.yml")) {
        auto const values = yaml::load(folder.text("values.yml"), "values.yml");
        ASSERT_TRUE(values);
        for (auto const& [key, value] : values->entries)
            input.values.emplace(key.text, stackfile::from_node(value));
    }
    auto const reading = stackfile::read(input);
    if (folder.text("exit") != "0\n") {
        EXPECT_FALSE(reading.errors.empty());
        expect_errors(reading.errors, folder.text("errors.txt"));
        return;
    }
    for (auto const& issue : reading.errors) ADD_FAILURE() << to_string(issue);
    if (!reading.normal) return;
    auto found = stackfile::payload(*reading.normal);
    found.as_object().erase("source");
    auto const expected = json::parse(folder.text("expected.json"));
    ASSERT_TRUE(expected);
    compare(name, "", &*expected, &found);
}

INSTANTIATE_TEST_SUITE_P(
    Stacks,
    Reference,
    ::testing::ValuesIn(case_names()),
    [](auto const& info) {
        std::string out;
        for (char const c : info.param)
            out += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
        return out;
    }
);

} // namespace
} // namespace kontena::test
