#pragma once

#include "core/base/error.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kontena::net {

/// Header fields in order. Names are compared without regard to case.
class Headers {
public:
    using Item = std::pair<std::string, std::string>;

    Headers() = default;

    Headers(std::initializer_list<Item> items)
        : items_(items) {}

    /// The first value of that name.
    std::optional<std::string> get(std::string_view name) const;

    bool has(std::string_view name) const { return get(name).has_value(); }

    void add(std::string name, std::string value) {
        items_.emplace_back(std::move(name), std::move(value));
    }

    /// Replaces all of that name.
    void set(std::string name, std::string value);
    void remove(std::string_view name);

    auto begin() const { return items_.begin(); }

    auto end() const { return items_.end(); }

    std::size_t size() const { return items_.size(); }

private:
    std::vector<Item> items_;
};

bool equal_ignoring_case(std::string_view a, std::string_view b);

struct HttpRequest {
    std::string method = "GET";
    std::string target = "/";
    Headers headers;
    std::string body;
};

struct HttpResponse {
    int status = 200;
    Headers headers;
    std::string body;

    bool ok() const { return status >= 200 && status < 300; }
};

/// The one table between errors and HTTP.
int status_of(core::Errc code);
core::Errc errc_of_status(int status);

/// "Not Found" for 404; empty if unknown.
std::string_view reason_phrase(int status);

} // namespace kontena::net
