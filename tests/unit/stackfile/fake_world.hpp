#pragma once

#include "stackfile/outside.hpp"
#include "tests/unit/stackfile/case_file.hpp"

#include <boost/json/value.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace kontena::test {

/// The world as the sections of a case describe it:
///   env, files, secrets   NAME=TEXT, with \\n for a line end
///   answers               VARIABLE=JSON, what is answered when a question is for it
///   random                hex digits, repeated as often as needed
///   services              STACK/SERVICE IMAGE
///   certificates          subjects
///   instances             STACK/SERVICE=NUMBER
///   unsupported           what the world answers with an error: file, random or vault
/// It notes each question as `KIND VARIABLE | text | VALUE:label, … | preset`, and everything else
/// that it is asked more than once as `again: …`.
class FakeWorld : public stackfile::Outside {
public:
    explicit FakeWorld(Case const& one);

    std::vector<std::string> const& questions() const { return questions_; }

    /// How often each file was asked for, by who asked.
    std::map<std::string, int> const& loaded() const { return loaded_; }

    std::optional<std::string> env(std::string_view name) override;
    core::Result<std::string> file(std::string const& path) override;
    core::Result<std::string>
    beside(stackfile::Document const& document, std::string const& path) override;
    core::Result<stackfile::Document>
    load(stackfile::Document const& from, std::string const& reference) override;
    core::Result<stackfile::Value> ask(stackfile::Question const& question) override;
    core::Result<std::string> random(std::size_t bytes) override;
    core::Result<stackfile::Value> secret(std::string const& name) override;
    core::Result<std::vector<std::string>> secret_names() override;
    core::Result<std::vector<std::string>> certificate_subjects() override;
    core::Result<std::vector<stackfile::OfferedService>> services() override;
    core::Result<stackfile::Value>
    service_instances(std::string const& stack, std::string const& service) override;

private:
    core::Result<std::string>
    find(stackfile::Document const& from, std::string const& reference, std::string const& file);
    using Texts = std::map<std::string, std::string, std::less<>>;

    static Texts texts(Case const& one, std::string const& section);
    bool supports(std::string const& what) const;

    Case const& case_;
    Texts env_;
    Texts files_;
    Texts secrets_;
    Texts answers_;
    Texts instances_;
    std::map<std::string, std::string> beside_; ///< the stack file, which is
                                                ///< /stacks/kontena.yml
    std::map<std::string, int> loaded_;
    std::string random_;
    std::size_t drawn_ = 0;
    std::map<std::string, int> asked_;
    std::vector<std::string> questions_;
};

/// The parts in front of the mark and behind it; the second is empty without one.
std::pair<std::string, std::string> split_at(std::string const& line, std::string const& mark);

/// `\\n` becomes a line end.
std::string unescaped(std::string text);

stackfile::Value from_json(std::string const& text);
boost::json::value to_json(stackfile::Value const& value);

} // namespace kontena::test
