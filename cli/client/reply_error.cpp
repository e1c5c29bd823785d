#include "cli/client/api_client.hpp"
#include "core/json/codec.hpp"
#include "core/net/http.hpp"
#include "core/net/url.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace kontena::cli {

namespace bj = boost::json;

namespace {

/// Flattens `{"services": {"web": {"image": "…"}}}` to one issue per text.
void collect(bj::value const& value, std::string const& path, std::vector<core::Issue>& out) {
    if (auto const* object = value.if_object()) {
        for (auto const& [key, item] : *object)
            collect(
                item,
                path.empty() ? std::string(key) : fmt::format("{}.{}", path, std::string_view(key)),
                out
            );
    } else if (auto const* text = value.if_string()) {
        out.push_back({.path = path, .reason = std::string(*text)});
    } else if (!value.is_null()) {
        out.push_back({.path = path, .reason = json::serialize(value)});
    }
}

} // namespace

core::Error error_of_reply(int status, std::string_view body, std::string_view path) {
    auto const code = net::errc_of_status(status);
    auto const build = [&](std::string_view text, std::vector<core::Issue> issues = {}) {
        return core::fail(code, std::string(text), std::move(issues));
    };
    auto const parsed = json::parse(body);
    auto const* object = parsed ? parsed->if_object() : nullptr;
    auto const* error = object == nullptr ? nullptr : object->if_contains("error");
    if (error == nullptr) {
        auto const text = body.empty() || body.size() > 500 || body.front() == '<'
                              ? net::reason_phrase(status)
                              : body;
        return build(fmt::format("the master answered {} {} ({})", status, text, path));
    }
    std::vector<core::Issue> issues;
    if (auto const* list = object->if_contains("issues")) {
        auto decoded = json::decode<std::vector<core::Issue>>(*list);
        if (decoded) issues = std::move(*decoded);
    }
    if (error->is_object()) {
        collect(*error, "", issues);
        return build(fmt::format("the master refused the request ({})", path), std::move(issues));
    }
    auto const* text = error->if_string();
    if (text == nullptr) return build(json::serialize(*error), std::move(issues));
    if (status == 403 && *text == "invalid_token")
        return build(
            "the master does not accept the token: log in again with kontena master login --token "
            "TOKEN URL"
        );
    if (status == 404 && *text == "Not found")
        return build(fmt::format("the master does not know {}", path));
    return build(std::string_view(*text), std::move(issues));
}

std::string api_path(std::initializer_list<std::string_view> segments) {
    std::string out;
    for (auto const segment : segments) {
        if (!out.empty()) out += '/';
        out += net::percent_encode(segment);
    }
    return out;
}

} // namespace kontena::cli
