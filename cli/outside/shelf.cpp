#include "cli/outside/shelf.hpp"

#include "core/net/url.hpp"
#include "core/sys/files.hpp"
#include "core/yaml/load.hpp"
#include "stackfile/grammar.hpp"
#include "stackfile/header.hpp"
#include "stackfile/path.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kontena::cli {

namespace fs = std::filesystem;
using core::Errc;
using core::Result;
using stackfile::Document;
using stackfile::StackReference;

namespace {

/// A part of a name in the registry, and so of a path in the cache.
bool registry_word(std::string_view text) {
    return !text.empty() && text != "." && text != ".." && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '.' || c == '-' || c == '+';
    });
}

bool registry_name(StackReference const& name) {
    return registry_word(name.user) && registry_word(name.stack) &&
           (name.version.empty() || registry_word(name.version));
}

fs::path cache_file(fs::path const& folder, StackReference const& name) {
    return folder / name.user / fmt::format("{}-{}.yml", name.stack, name.version);
}

/// What the file calls itself: its place in the cache.
StackReference own_name(std::string const& text) {
    auto const document = yaml::load(text, "");
    if (!document) return {};
    auto const header = stackfile::read_header(*document, {});
    auto out = stackfile::parse_stack_reference(header.stack);
    out.version = header.version;
    return out;
}

} // namespace

Result<std::string> read_text_file(std::string const& path) {
    // Above the limit of the reader, so that the reader says what is wrong.
    auto text = sys::read_file(path, yaml::kMaxBytes * 4);
    if (!text && text.error().code == Errc::not_found)
        return core::fail(Errc::not_found, fmt::format("{}: no such file", path));
    return text;
}

Result<Document> Shelf::load(Document const& from, std::string const& reference) {
    auto const path = stackfile::join_path(from.directory, reference);
    std::error_code ec;
    // A file that came from elsewhere must not read those of this machine.
    bool const local = !from.directory.empty();
    auto const named = registry_name(stackfile::parse_stack_reference(reference));
    if (local && fs::exists(path, ec) && !(named && fs::is_directory(path, ec))) {
        KTRY(auto text, read_text_file(path));
        return Document{
            .text = std::move(text),
            .file = stackfile::join_path(stackfile::folder_of(from.file), reference),
            .reference = path,
            .directory = std::string(stackfile::folder_of(path)),
        };
    }
    if (reference.find("://") != std::string::npos) return from_url(reference);
    if (named) return from_registry(reference);
    if (local && fs::is_directory(path, ec))
        return core::fail(Errc::invalid, fmt::format("{} is a folder, not a file", reference));
    return core::fail(Errc::not_found, fmt::format("{}: no such file", reference));
}

Result<Document> Shelf::from_registry(std::string const& reference) {
    auto const name = stackfile::parse_stack_reference(reference);
    bool const caching = !options_.cache.empty();
    auto const made = [&](std::string text) {
        return Document{std::move(text), reference, reference, {}, options_.registry};
    };
    if (caching && !name.version.empty()) {
        auto known = sys::read_file(cache_file(options_.cache, name), yaml::kMaxBytes * 4);
        if (known) return made(std::move(*known));
    }
    auto const url = fmt::format(
        "{}/v2/organizations/{}/stacks/{}/stack-versions/{}/yaml",
        options_.registry,
        net::percent_encode(name.user),
        net::percent_encode(name.stack),
        name.version.empty() ? "latest" : net::percent_encode(name.version)
    );
    auto text = fetch(url, "application/yaml");
    if (!text)
        return core::fail(
            text.error().code,
            fmt::format(
                "{}: no such file, and {}: {}",
                reference,
                text.error().code == Errc::not_found ? "not in the stack registry"
                                                     : "the stack registry does not give it",
                to_string(text.error())
            )
        );
    if (auto const own = own_name(*text); caching && registry_name(own) && !own.version.empty())
        std::ignore = sys::write_file(cache_file(options_.cache, own), *text); // only a cache
    return made(std::move(*text));
}

Result<Document> Shelf::from_url(std::string const& url) {
    KTRY(auto text, fetch(url, "application/yaml, text/yaml, text/plain, */*"));
    return Document{std::move(text), url, url, {}};
}

Result<std::string> Shelf::fetch(std::string const& url, std::string const& accept) {
    if (options_.fetch) return options_.fetch(url, accept);
    return core::fail(Errc::unsupported, fmt::format("{}: nothing is fetched here", url));
}

} // namespace kontena::cli
