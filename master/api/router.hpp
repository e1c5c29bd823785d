#pragma once

#include "core/net/http_server.hpp"
#include "core/net/url.hpp"

#include <boost/json/fwd.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::master {

/// Who asks, by the token of the request.
struct Caller {
    std::string token_name;
};

/// A request on its way to a handler.
struct Context {
    net::HttpRequest request;
    net::ConnectionInfo connection;
    std::map<std::string, std::string> path; ///< `:name` segments of the route, decoded
    net::Query query;
    Caller caller; ///< empty on open routes

    std::string const& at(std::string const& segment) const { return path.at(segment); }

    /// An integer query parameter within [1, max], or the fallback.
    int number(std::string const& name, int fallback, int max) const;
};

using Handler = std::function<awaitable<net::HttpReply>(Context)>;

/// Decides who a bearer token belongs to; an error answers the request.
using Authenticate = std::function<core::Result<Caller>(net::HttpRequest const&)>;

enum class Access {
    token, ///< a valid API token
    open,  ///< the handler checks for itself, or there is nothing to protect
};

/// Finds the handler of a request by method and path. Every route that is not marked as open wants
/// a token, also those that do not exist.
class Router {
public:
    explicit Router(Authenticate authenticate);

    /// `pattern` is like `/v1/stacks/:grid/:stack`.
    void
    add(std::string method, std::string pattern, Handler handler, Access access = Access::token);

    awaitable<net::HttpReply> route(net::HttpRequest request, net::ConnectionInfo connection) const;

private:
    struct Route {
        std::string method;
        std::vector<std::string> segments;
        Handler handler;
        Access access;
    };

    struct Match {
        Route const* route = nullptr;
        std::map<std::string, std::string> path;
        bool path_known = false; ///< with another method
    };

    Match find(std::string const& method, std::vector<std::string> const& segments) const;

    Authenticate authenticate_;
    std::vector<Route> routes_;
};

/// The JSON of a reply, with the headers that every reply of the API has.
net::HttpResponse json_reply(int status, boost::json::value const& body);
/// `{"error": text or {field: text}, "issues": [...]}` with the status that belongs to the code.
net::HttpResponse error_reply(core::Error const& error);

} // namespace kontena::master
