#include "tests/unit/stackfile/case_file.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace kontena::test {

std::string read_file(std::string const& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + path);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

std::string const& Case::section(std::string const& name) const {
    static std::string const none;
    auto const found = sections.find(name);
    return found == sections.end() ? none : found->second;
}

std::map<std::string, std::string> Case::files() const {
    std::map<std::string, std::string> out;
    for (auto const& [name, text] : sections)
        if (name.starts_with("file ")) out.emplace(name.substr(5), text);
    return out;
}

std::vector<std::string> Case::lines(std::string const& name) const {
    std::vector<std::string> out;
    std::istringstream in(section(name));
    for (std::string text; std::getline(in, text);)
        if (!text.empty()) out.push_back(text);
    return out;
}

std::string Case::text() const {
    if (has("file")) return section("file");
    auto const indented = [&](std::string const& name, std::string const& indent) {
        std::string out;
        std::istringstream in(section(name));
        for (std::string text; std::getline(in, text);) out += indent + text + "\n";
        return out;
    };
    std::string out = "stack: test\n";
    if (has("definitions")) out += "variables:\n" + indented("definitions", "  ");
    return out + "services:\n  web:\n    image: app:1\n" + indented("service", "    ");
}

std::vector<Case> load_cases(std::string const& folder) {
    std::vector<Case> out;
    std::vector<std::string> files;
    for (auto const& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".case") files.push_back(entry.path().string());
    std::ranges::sort(files);
    for (auto const& file : files) {
        std::istringstream in(read_file(file));
        std::string section;
        int number = 0;
        for (std::string text; std::getline(in, text);) {
            ++number;
            if (text.starts_with("=== ")) {
                out.push_back({.file = file, .line = number, .rule = text.substr(4)});
                section.clear();
            } else if (out.empty()) {
                continue;
            } else if (text.starts_with("--- ")) {
                section = text.substr(4);
                out.back().sections[section];
            } else if (!section.empty()) {
                out.back().sections[section] += text + "\n";
            }
        }
    }
    // The blank line in front of the next case belongs to nobody.
    for (auto& one : out)
        for (auto& [name, text] : one.sections)
            while (text.ends_with("\n\n")) text.pop_back();
    return out;
}

} // namespace kontena::test
