#pragma once

#include "stackfile/outside.hpp"
#include "stackfile/validate/checker.hpp"
#include "stackfile/variables/condition.hpp"
#include "stackfile/variables/definition.hpp"
#include "stackfile/variables/random.hpp"

#include <functional>
#include <span>
#include <string_view>

namespace kontena::stackfile {

/// What a resolver can ask while it looks for a value.
struct Asking {
    Outside& outside;
    Dice& dice;
    Facts const& facts;
    /// The value of another variable; errors as those of Facts.
    std::function<core::Result<Value>(std::string_view name)> const& value_of;
    Checker& in;         ///< where conditions report to
    Value const& preset; ///< the default, for questions
};

/// The raw value that a source gives; null when it has none. An error with an empty message was
/// reported already.
core::Result<Value>
answer(Source const& source, Definition const& definition, Asking const& asking);

/// `env: NAME`: numbers, true, false and null become what they look like.
Value from_environment(Outside& outside, std::string_view name);

/// Of class Errc::not_found, with a suggestion.
core::Error undeclared(std::string_view name, std::span<std::string_view const> known);

/// An error that says nothing, because the problem was reported where it is.
core::Error reported_already();

} // namespace kontena::stackfile
