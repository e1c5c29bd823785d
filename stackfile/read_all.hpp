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
};

enum class Depends {
    read,  ///< also the stacks that a stack depends on, in front of it
    leave, ///< only the stack itself
};

/// A stack file, and the stacks that it depends on. A problem that several of them tell of is told
/// once.
std::vector<FileReading> read_all(Input const& input, Depends depends = Depends::read);

/// A name that a stack is to be installed under, and where that stands.
struct Claim {
    std::string grid;
    std::string name;
    model::Origin origin;
};

/// What a stack that could be read claims in a grid.
std::optional<Claim> claim_of(FileReading const& one, std::string const& grid);

/// Of stacks with the same installed name in one grid an error at each but the first.
std::vector<core::Issue> name_clashes(std::vector<Claim> const& claims);

/// What stands in `document`, to be read like `base` says.
Input input_for(Input const& base, Document const& document);

} // namespace kontena::stackfile
