#pragma once

#include "stackfile/variables/value.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kontena::stackfile {

/// A name that references and conditions may use, with what became of it.
struct Variable {
    enum class Kind {
        builtin,    ///< STACK, GRID, PLATFORM
        declared,   ///< under `variables:`
        dependency, ///< the installed name of a stack that this one depends on
        parent,     ///< PARENT_STACK
        inherited,  ///< of the file that extends a service of this one
    };

    std::string name;
    Kind kind = Kind::declared;
    Value value;
    bool truthy = false;
    bool skipped = false;
    bool broken = false;              ///< has an error, which is reported; the value is null
    bool secret = false;              ///< came from the vault, or goes there
    bool hidden = false;              ///< not to be shown in messages
    std::vector<std::string> env;     ///< further names for references: `to: env`
    std::optional<std::string> vault; ///< the secret to write: `to: vault`
};

/// A secret that `to: {vault: NAME}` wants written, once the stack is accepted.
struct VaultWrite {
    std::string name;
    std::string value;
};

} // namespace kontena::stackfile
