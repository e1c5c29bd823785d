#pragma once

#include "stackfile/outside.hpp"
#include "stackfile/variables/definition.hpp"

#include <string>
#include <vector>

/// The questions that resolvers ask.
namespace kontena::stackfile {

/// `prompt`: by the type of the variable. `text` empty = made from its label.
Question prompt(Definition const& definition, Value const& preset, std::string const& text);

/// `vault_cert_prompt` and `certificates`: any number of `names`. Those that the preset list names
/// are chosen beforehand.
Question choose_names(
    Definition const& definition,
    Value const& preset,
    std::string text,
    std::vector<std::string> const& names
);

/// `service_link`: one of `services`, or none when the variable is optional.
Question choose_service(
    Definition const& definition,
    Value const& preset,
    std::string const& text,
    std::vector<OfferedService> const& services
);

} // namespace kontena::stackfile
