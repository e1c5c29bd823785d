#pragma once

#include "master/store/backend.hpp"

#include <boost/json/object.hpp>

#include <optional>

namespace kontena::master {

/// The numbers of the API.
enum class Severity { debug = 0, info = 1, warn = 2, error = 3 };

/// One line of the event log: a row of the journal, told to people.
struct Event {
    Severity severity = Severity::info;
    std::string type; ///< `service:deploy`, `instance:crash`, `node:connected`, ...
    std::string message;
    std::optional<model::Cause> cause = {};           ///< when it is not that of the transaction
    std::optional<model::DeployFailure> failure = {}; ///< of a deploy, or of one instance
};

/// Nothing for rows that only programs care for.
std::optional<Event> describe(JournalRow const& row);

/// The row as the API shows it; nothing for rows without an event.
std::optional<boost::json::object> event_json(JournalRow const& row);

/// The kinds whose rows may be events.
std::vector<std::string> event_kinds();

} // namespace kontena::master
