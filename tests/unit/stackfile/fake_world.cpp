#include "tests/unit/stackfile/fake_world.hpp"

#include "core/json/codec.hpp"
#include "stackfile/path.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <array>

namespace kontena::test {

using core::Errc;
using core::Result;
using stackfile::Question;
using stackfile::Value;

namespace {

constexpr std::array<std::string_view, 5> kKinds{"text", "secret", "yes_no", "choice", "choices"};

std::string show(Question const& question) {
    auto out = fmt::format(
        "{} {} | {}",
        kKinds.at(static_cast<std::size_t>(question.kind)),
        question.variable,
        question.text
    );
    std::string choices;
    for (auto const& [value, label] : question.choices)
        choices += fmt::format(
            "{}{}:{}", choices.empty() ? "" : ", ", json::serialize(to_json(value)), label
        );
    if (question.can_be_other) choices += ", other";
    return fmt::format("{} | {} | {}", out, choices, json::serialize(to_json(question.preset)));
}

Value from_json(boost::json::value const& json) {
    if (json.is_bool()) return json.get_bool();
    if (json.is_int64()) return json.get_int64();
    if (json.is_double()) return json.get_double();
    if (json.is_string()) return std::string(json.get_string());
    if (!json.is_array()) return {};
    stackfile::List out;
    for (auto const& item : json.get_array()) out.push_back(from_json(item));
    return out;
}

core::Error unsupported(std::string const& what) {
    return core::fail(Errc::unsupported, "this world has no " + what);
}

} // namespace

std::pair<std::string, std::string> split_at(std::string const& line, std::string const& mark) {
    auto const at = line.find(mark);
    return {line.substr(0, at), at == std::string::npos ? "" : line.substr(at + mark.size())};
}

std::string unescaped(std::string text) {
    for (auto at = text.find("\\n"); at != std::string::npos; at = text.find("\\n"))
        text.replace(at, 2, "\n");
    return text;
}

Value from_json(std::string const& text) { return from_json(json::parse(text).value()); }

boost::json::value to_json(Value const& value) {
    if (auto const* list = std::get_if<stackfile::List>(&value)) {
        boost::json::array out;
        for (auto const& item : *list) out.push_back(to_json(item));
        return out;
    }
    if (auto const* text = std::get_if<std::string>(&value)) return boost::json::value(*text);
    if (auto const* real = std::get_if<double>(&value)) return *real;
    if (auto const* integer = std::get_if<std::int64_t>(&value)) return *integer;
    if (auto const* flag = std::get_if<bool>(&value)) return *flag;
    return nullptr;
}

FakeWorld::FakeWorld(Case const& one)
    : case_(one)
    , env_(texts(one, "env"))
    , files_(texts(one, "files"))
    , secrets_(texts(one, "secrets"))
    , answers_(texts(one, "answers"))
    , instances_(texts(one, "instances"))
    , beside_(one.files()) {
    std::string digits;
    for (auto const& line : one.lines("random"))
        for (char const c : line)
            if (c != ' ') digits += c;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        random_ += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
}

FakeWorld::Texts FakeWorld::texts(Case const& one, std::string const& section) {
    Texts out;
    for (auto const& line : one.lines(section)) {
        auto const [name, text] = split_at(line, "=");
        out.emplace(name, unescaped(text));
    }
    return out;
}

bool FakeWorld::supports(std::string const& what) const {
    for (auto const& line : case_.lines("unsupported"))
        if (line == what) return false;
    return true;
}

std::optional<std::string> FakeWorld::env(std::string_view name) {
    auto const found = env_.find(name);
    return found == env_.end() ? std::nullopt : std::optional(found->second);
}

Result<std::string> FakeWorld::file(std::string const& path) {
    if (!supports("file")) return unsupported("file");
    auto const found = files_.find(path);
    if (found == files_.end())
        return core::fail(Errc::not_found, fmt::format("{}: no such file", path));
    return found->second;
}

Result<std::string> FakeWorld::find(
    stackfile::Document const& from, std::string const& reference, std::string const& file
) {
    ++loaded_[from.reference + " -> " + reference];
    auto const found = beside_.find(file);
    if (found == beside_.end()) return core::fail(Errc::not_found, file + ": no such file");
    return found->second;
}

Result<std::string>
FakeWorld::beside(stackfile::Document const& document, std::string const& path) {
    return find(document, path, stackfile::join_path(stackfile::folder_of(document.file), path));
}

Result<stackfile::Document>
FakeWorld::load(stackfile::Document const& from, std::string const& reference) {
    auto const file = stackfile::join_path(stackfile::folder_of(from.file), reference);
    KTRY(auto text, find(from, reference, file));
    auto const path = stackfile::join_path("/stacks", file);
    return stackfile::Document{
        std::move(text), file, path, std::string(stackfile::folder_of(path))
    };
}

Result<Value> FakeWorld::ask(Question const& question) {
    questions_.push_back(show(question));
    auto const found = answers_.find(question.variable);
    return found == answers_.end() ? Value{} : test::from_json(found->second);
}

Result<std::string> FakeWorld::random(std::size_t bytes) {
    if (!supports("random") || random_.empty()) return unsupported("random");
    std::string out;
    while (out.size() < bytes) out += random_[drawn_++ % random_.size()];
    return out;
}

Result<Value> FakeWorld::secret(std::string const& name) {
    if (!supports("vault")) return unsupported("vault");
    if (++asked_[name] > 1) questions_.push_back("again: the secret " + name);
    auto const found = secrets_.find(name);
    return found == secrets_.end() ? Value{} : Value(found->second);
}

Result<std::vector<std::string>> FakeWorld::secret_names() {
    std::vector<std::string> out;
    for (auto const& [name, text] : secrets_) out.push_back(name);
    return out;
}

Result<std::vector<std::string>> FakeWorld::certificate_subjects() {
    return case_.lines("certificates");
}

Result<std::vector<stackfile::OfferedService>> FakeWorld::services() {
    std::vector<stackfile::OfferedService> out;
    for (auto const& line : case_.lines("services")) {
        auto const [name, image] = split_at(line, " ");
        out.push_back({name, image});
    }
    return out;
}

Result<Value> FakeWorld::service_instances(std::string const& stack, std::string const& service) {
    auto const found = instances_.find(stack + "/" + service);
    return found == instances_.end() ? Value{} : test::from_json(found->second);
}

} // namespace kontena::test
