#pragma once

#include "core/async/clock.hpp"
#include "core/json/codec.hpp"
#include "master/agents/registry.hpp"
#include "master/api/router.hpp"
#include "master/control/grid_views.hpp"
#include "master/gitops/sources.hpp"
#include "master/store/store.hpp"

#include <boost/json/object.hpp>

#include <memory>

namespace kontena::master {

/// What the features work with. Everything outlives the routes.
struct Services {
    Store& store;
    async::Clock const& clock;
    AgentRegistry& agents;
    Sources& sources;
    GridViews& views;
};

using Reply = core::Result<net::HttpReply>;
using Feature = awaitable<Reply> (*)(Services&, Context);

/// Makes a handler of a feature function: an error becomes the reply that belongs to it.
Handler handle(Services& services, Feature feature);

/// The cause of what a caller asks for.
model::Cause cause_of(Context const& context, std::string detail);

/// The grid, node, stack, service or source of the request's path, or Errc::not_found.
core::Result<std::shared_ptr<model::Grid const>>
grid_at(State const& state, Context const& context);
core::Result<std::shared_ptr<model::Node const>>
node_at(State const& state, Context const& context);
core::Result<std::shared_ptr<model::Stack const>>
stack_at(State const& state, Context const& context);
core::Result<std::shared_ptr<model::Service const>>
service_at(State const& state, Context const& context);
core::Result<std::shared_ptr<model::Source const>>
source_at(State const& state, Context const& context);

/// The body of a request as a struct. An empty body is an empty object.
template <class T>
core::Result<T> body_as(Context const& context, json::Unknown unknown = json::Unknown::refuse) {
    auto const& body = context.request.body;
    return json::decode_text<T>(body.empty() ? "{}" : body, unknown);
}

/// The form in which an object is shown: its description, without what is secret.
boost::json::object show(model::Grid const& grid, State const& state);
boost::json::object show(model::Node const& node, State const& state);
boost::json::object show(model::Stack const& stack, State const& state);
boost::json::object show(model::Service const& service, State const& state);
boost::json::object show(model::Deploy const& deploy, State const& state);
boost::json::object show_instance(State const& state, model::Service const& service, int number);

void add_grid_routes(Router& router, Services& services);
void add_node_routes(Router& router, Services& services);
void add_stack_routes(Router& router, Services& services);
void add_service_routes(Router& router, Services& services);
void add_deploy_routes(Router& router, Services& services);
void add_source_routes(Router& router, Services& services);
void add_plan_routes(Router& router, Services& services);
void add_why_routes(Router& router, Services& services);
void add_event_routes(Router& router, Services& services);

} // namespace kontena::master
