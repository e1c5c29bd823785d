#include "master/api/router.hpp"

#include "core/json/codec.hpp"
#include "core/sys/log.hpp"

#include <algorithm>
#include <charconv>

namespace kontena::master {
namespace {

namespace bj = boost::json;
using core::Errc;

std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> out;
    while (!path.empty()) {
        if (path.front() == '/') path.remove_prefix(1);
        if (path.empty()) break;
        auto const end = path.find('/');
        out.emplace_back(path.substr(0, end));
        path.remove_prefix(std::min(path.size(), end));
    }
    return out;
}

net::HttpResponse unauthenticated() {
    auto out = json_reply(
        403, bj::object{{"error", "invalid_token"}, {"error_description", "Invalid token"}}
    );
    out.headers.set(
        "WWW-Authenticate",
        R"(Bearer realm="kontena_master", error="invalid_token", error_description="Invalid token")"
    );
    return out;
}

} // namespace

int Context::number(std::string const& name, int fallback, int max) const {
    auto const text = query.get(name).value_or("");
    int out = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    return ec != std::errc{} || out <= 0 ? fallback : std::min(out, max);
}

Router::Router(Authenticate authenticate)
    : authenticate_(std::move(authenticate)) {}

void Router::add(std::string method, std::string pattern, Handler handler, Access access) {
    routes_.push_back({std::move(method), split(pattern), std::move(handler), access});
}

Router::Match
Router::find(std::string const& method, std::vector<std::string> const& segments) const {
    Match out;
    for (auto const& route : routes_) {
        if (route.segments.size() != segments.size()) continue;
        std::map<std::string, std::string> path;
        bool fits = true;
        for (std::size_t i = 0; fits && i < segments.size(); ++i) {
            if (route.segments[i].starts_with(':')) {
                path.emplace(route.segments[i].substr(1), segments[i]);
            } else {
                fits = route.segments[i] == segments[i];
            }
        }
        if (!fits) continue;
        out.path_known = true;
        if (route.method != method) continue;
        out.route = &route;
        out.path = std::move(path);
        return out;
    }
    return out;
}

awaitable<net::HttpReply>
Router::route(net::HttpRequest request, net::ConnectionInfo connection) const {
    auto target = net::parse_target(request.target);
    if (!target) co_return error_reply(target.error());
    auto found = find(request.method, target->segments);
    bool const open = found.route != nullptr && found.route->access == Access::open;
    Context context;
    if (!open) {
        auto caller = authenticate_(request);
        if (!caller) co_return unauthenticated();
        context.caller = std::move(*caller);
    }
    if (found.route == nullptr) {
        co_return found.path_known ? json_reply(405, bj::object{{"error", "Method not allowed"}})
                                   : json_reply(404, bj::object{{"error", "Not found"}});
    }
    context.query = std::move(target->query);
    context.path = std::move(found.path);
    context.request = std::move(request);
    context.connection = std::move(connection);
    co_return co_await found.route->handler(std::move(context));
}

net::HttpResponse json_reply(int status, bj::value const& body) {
    net::HttpResponse out;
    out.status = status;
    out.headers.set("Content-Type", "application/json");
    out.headers.set("X-Kontena-Version", KONTENA_VERSION);
    out.body = json::serialize(body);
    return out;
}

net::HttpResponse error_reply(core::Error const& error) {
    bj::object body;
    body.emplace("error", to_string(core::Error(error.code, error.message)));
    if (!error.issues.empty()) body.emplace("issues", json::encode(error.issues));
    return json_reply(net::status_of(error.code), body);
}

} // namespace kontena::master
