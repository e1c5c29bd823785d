#pragma once

#include <map>
#include <string>
#include <vector>

namespace kontena::test {

/// One case of tests/data/stackfile: `=== rule`, then sections that begin with `--- name`.
///   file      the stack file
///   service   the body of service `web` of a small stack file; its first line is line 5
///   values    NAME=TEXT, given values          env   NAME=TEXT, environment variables
///   file NAME a file beside the stack file: another stack file, or an env_file
///   defaults  NAME=TEXT, in place of the defaults of variables
///   name      that it is installed under           parent   of the stack that depends on it
///   json      POINTER = JSON, what the result has there
///   payload   the same for the payload; `absent` instead of JSON when nothing may be there
///   document  the text of the document after all templates
///   tree      POINTER = JSON, of the stacks that it depends on
///   errors    LINE:COLUMN PATH | part of the reason, all of them in order; behind `NAME:` for
///             those in another file
///   warnings  the same
///   beyond    the same, for what this version cannot carry out
struct Case {
    std::string file;
    int line = 0;
    std::string rule;
    std::map<std::string, std::string> sections;

    bool has(std::string const& section) const { return sections.contains(section); }

    std::string const& section(std::string const& name) const;
    /// The files beside the stack file, by name.
    std::map<std::string, std::string> files() const;
    std::vector<std::string> lines(std::string const& name) const;
    std::string text() const;
};

std::vector<Case> load_cases(std::string const& folder);
std::string read_file(std::string const& path);

} // namespace kontena::test
