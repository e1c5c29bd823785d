#pragma once

#include "stackfile/normalise/stack.hpp"

#include <boost/json/value.hpp>

namespace kontena::stackfile {

/// What is sent to install the stack. A null is not the same as an absent key: null clears what
/// was set before, where the format says so.
boost::json::value payload(Stack const& stack);

} // namespace kontena::stackfile
