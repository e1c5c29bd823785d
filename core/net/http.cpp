#include "core/net/http.hpp"

#include <algorithm>

namespace kontena::net {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

} // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return lower(x) == lower(y);
    });
}

std::optional<std::string> Headers::get(std::string_view name) const {
    for (auto const& [key, value] : items_) {
        if (equal_ignoring_case(key, name)) return value;
    }
    return std::nullopt;
}

void Headers::set(std::string name, std::string value) {
    remove(name);
    add(std::move(name), std::move(value));
}

void Headers::remove(std::string_view name) {
    std::erase_if(items_, [&](Item const& item) { return equal_ignoring_case(item.first, name); });
}

int status_of(core::Errc code) {
    using enum core::Errc;
    switch (code) {
    case invalid:
        return 422;
    case not_found:
        return 404;
    case conflict:
        return 409;
    case denied:
        return 403;
    case unauthenticated:
        return 401;
    case unavailable:
        return 503;
    case timeout:
        return 504;
    case unsupported:
        return 501;
    case corrupt:
    case internal:
        return 500;
    }
    return 500;
}

core::Errc errc_of_status(int status) {
    using enum core::Errc;
    switch (status) {
    case 401:
        return unauthenticated;
    case 403:
        return denied;
    case 404:
    case 410:
        return not_found;
    case 409:
    case 412:
        return conflict;
    case 408:
    case 504:
        return timeout;
    case 405:
    case 501:
        return unsupported;
    case 429:
    case 502:
    case 503:
        return unavailable;
    default:
        return status >= 400 && status < 500 ? invalid : internal;
    }
}

std::string_view reason_phrase(int status) {
    switch (status) {
    case 100:
        return "Continue";
    case 101:
        return "Switching Protocols";
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 202:
        return "Accepted";
    case 204:
        return "No Content";
    case 206:
        return "Partial Content";
    case 301:
        return "Moved Permanently";
    case 302:
        return "Found";
    case 303:
        return "See Other";
    case 304:
        return "Not Modified";
    case 307:
        return "Temporary Redirect";
    case 308:
        return "Permanent Redirect";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 406:
        return "Not Acceptable";
    case 408:
        return "Request Timeout";
    case 409:
        return "Conflict";
    case 410:
        return "Gone";
    case 412:
        return "Precondition Failed";
    case 413:
        return "Payload Too Large";
    case 415:
        return "Unsupported Media Type";
    case 422:
        return "Unprocessable Entity";
    case 426:
        return "Upgrade Required";
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    case 500:
        return "Internal Server Error";
    case 501:
        return "Not Implemented";
    case 502:
        return "Bad Gateway";
    case 503:
        return "Service Unavailable";
    case 504:
        return "Gateway Timeout";
    default:
        return {};
    }
}

} // namespace kontena::net
