#pragma once

#include <map>
#include <string>
#include <vector>

namespace kontena::test {

/// One case of tests/data/stackfile: `=== rule`, then sections that begin with `--- name`.
///   file      the stack file
///   service   the body of service `web` of a small stack file; its first line is line 5
///   file NAME a file beside the stack file: another stack file, or an env_file
///   name      that it is installed under
///   parent    of the stack that depends on it
///   definitions  the body of `variables:` of the same file; its first line is line 3 (and the
///                service then stands below it)
///   values    NAME=TEXT, given values; NAME alone is null
///   defaults  NAME=JSON, what is stored with the installed stack
///   env, files, secrets, answers, random, services, certificates, instances: see FakeWorld
///   json      POINTER = JSON, what the result has there
///   payload   the same for the payload; `absent` instead of JSON when nothing may be there
///   document  the text of the document after all templates
///   tree      POINTER = JSON, of the stacks that it depends on
///   errors    LINE:COLUMN PATH | part of the reason, all of them in order; behind `NAME:` for
///             those in another file
///   warnings  the same
///   refused   those of the errors that only a master has
///   beyond    the same, for what this version cannot carry out
///   variables NAME = JSON, all that is stored with the stack
///   vault     NAME=TEXT, all that is to be written to the vault
///   questions what was asked, see FakeWorld
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
