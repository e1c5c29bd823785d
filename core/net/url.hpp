#pragma once

#include "core/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kontena::net {

/// An http, https, ws, wss or unix address. `unix:///run/docker.sock` has only a path.
struct Url {
    std::string scheme;
    std::string user;     ///< decoded
    std::string password; ///< decoded
    std::string host;     ///< without the brackets of an IPv6 address
    std::uint16_t port = 0;
    std::string path = "/"; ///< still encoded (unix: decoded)
    std::string query;      ///< still encoded, without `?`

    /// https or wss.
    bool secure() const;
    /// What stands in a request line: path and query.
    std::string target() const;
    /// What stands in the Host field: without the port if it is the scheme's own.
    std::string authority() const;
    /// Without user and password.
    std::string str() const;
};

core::Result<Url> parse_url(std::string_view text);

/// Escapes all but letters, digits and `-._~`: right for a path segment and a query value.
std::string percent_encode(std::string_view text);
core::Result<std::string> percent_decode(std::string_view text);

/// Decoded pairs in the order of the text; `a&b=` has two empty values.
class Query {
public:
    Query() = default;
    static core::Result<Query> parse(std::string_view text);

    void add(std::string name, std::string value) {
        items_.emplace_back(std::move(name), std::move(value));
    }

    /// The first value of that name.
    std::optional<std::string> get(std::string_view name) const;
    std::vector<std::string> all(std::string_view name) const;
    /// Present and not `0` or `false`.
    bool flag(std::string_view name) const;

    bool empty() const { return items_.empty(); }

    /// Encoded, without `?`.
    std::string str() const;

    auto begin() const { return items_.begin(); }

    auto end() const { return items_.end(); }

private:
    std::vector<std::pair<std::string, std::string>> items_;
};

/// The target of a request, taken apart for routing.
struct Target {
    std::string path;                  ///< still encoded, without the query
    std::vector<std::string> segments; ///< decoded; `/v1/grids/` has two
    Query query;
};

/// Refuses targets that do not begin with `/`, and bad percent escapes.
core::Result<Target> parse_target(std::string_view target);

} // namespace kontena::net
