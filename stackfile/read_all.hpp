#pragma once

#include "stackfile/outside.hpp"
#include "stackfile/read.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kontena::stackfile {

/// One stack file of several, and what it says.
struct FileReading {
    Document document;
    std::string name; ///< that the stack is installed under, as far as the file says
    Reading reading;
    /// Of a dependency: what the names of its values have in front where they are given to the
    /// first stack, such as `cache.`.
    std::string prefix = {};
    bool installed = true; ///< false: it is only checked, under its own name
};

enum class Depends {
    read,  ///< also the stacks that a stack depends on, in front of it
    check, ///< the same, but by their own names: none is to be installed
    leave, ///< only the stack itself
};

/// A stack file, and the stacks that it depends on. A problem that several of them tell of is told
/// once.
std::vector<FileReading> read_all(Input const& input, Depends depends = Depends::read);

/// Why such a value is without effect.
std::string no_variable(UnknownValue const& value);

/// Of the values that were given to the stacks that the readings begin with, those that are for no
/// variable of all of them.
std::vector<UnknownValue> unknown_values(std::vector<FileReading> const& readings);

/// A name that a stack is to be installed under, and where that stands.
struct Claim {
    std::string grid;
    std::string name;
    model::Origin origin;
};

/// What a stack that could be read, and is to be installed, claims in a grid.
std::optional<Claim> claim_of(FileReading const& one, std::string const& grid);

/// Of stacks with the same installed name in one grid an error at each but the first.
std::vector<core::Issue> name_clashes(std::vector<Claim> const& claims);

/// What stands in `document`, to be read like `base` says.
Input input_for(Input const& base, Document const& document);

} // namespace kontena::stackfile
