#pragma once

#include "cli/client/replies.hpp"
#include "cli/render/style.hpp"
#include "core/base/time.hpp"

#include <string>
#include <vector>

/// Lists and details of what the API knows. Pure: the time is a parameter.
namespace kontena::cli::render {

std::string grids(std::vector<GridReply> const& grids, std::string_view current, Style style);
std::string grid(GridReply const& grid, std::vector<NodeReply> const& nodes);

std::string
nodes(std::vector<NodeReply> const& nodes, int initial_size, core::TimePoint now, Style style);
std::string node(NodeReply const& node);

std::string sources(std::vector<SourceReply> const& sources, Style style);
std::string source(SourceReply const& source, std::string_view master_url, Style style);

std::string stacks(std::vector<StackReply> const& stacks, Style style);
std::string stack(StackReply const& stack, Style style);

std::string services(std::vector<ServiceReply> const& services, Style style);
std::string service(ServiceReply const& service, Style style);

/// `deploying`, `paused`, `failed, taken back by 4`, …
std::string deploy_state(DeployReply const& deploy);
std::string deploys(std::vector<DeployReply> const& deploys, Style style);

std::string plans(std::vector<ListedPlan> const& plans, Style style);

/// How a service stands, instance by instance, and the chain of what led there.
std::string why(WhyReply const& reply, Style style);

/// One line: time, type, message, and what else is known about the event.
std::string event(EventReply const& event, Style style);
std::string event_header(Style style);

} // namespace kontena::cli::render
