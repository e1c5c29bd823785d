#pragma once

#include "stackfile/outside.hpp"
#include "stackfile/read.hpp"

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

/// Of stacks with the same installed name an error at each but the first.
std::vector<core::Issue> name_clashes(std::vector<FileReading> const& readings);

/// What stands in `document`, to be read like `base` says.
Input input_for(Input const& base, Document const& document);

} // namespace kontena::stackfile
