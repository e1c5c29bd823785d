#pragma once

#include "core/base/error.hpp"
#include "stackfile/text.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::stackfile {

inline constexpr std::size_t kMaxErrors = 200; ///< of one file; what is beyond is not looked at

/// By place, each once.
void sort_by_place(std::vector<core::Issue>& issues);

/// Says in the last issue that there were too many to look for others.
void mark_end(std::vector<core::Issue>& issues);

/// Collects the problems of one file. Places are in bytes of the original text; the issues that
/// come out count columns in characters.
class Report {
public:
    Report(LineIndex const& original, std::string file)
        : original_(original)
        , file_(std::move(file)) {}

    std::string const& file() const { return file_; }

    void error(std::string path, Place place, std::string reason);
    /// The reason has nothing of the document in it.
    void syntax_error(Place place, std::string reason);
    void warn(std::string path, Place place, std::string reason);
    /// In another file, that has no report of its own.
    void error_elsewhere(core::Issue issue);

    /// An error in a template: what the rest of its line means is unknown, so that later issues
    /// on that line are consequences and are dropped.
    void template_error(std::string path, Place place, std::string reason);

    /// What a line means is unknown, for a reason that is reported elsewhere.
    void taint(int line) { template_lines_.insert(line); }

    bool tainted(int line) const { return line > 0 && template_lines_.contains(line); }

    /// A line has text of something hidden in it, or of what was made of it. What its issues quote
    /// is left out, and so is `text`, wherever it stands in them.
    void hide(int line, std::string_view text);

    /// The line may show what lines of another report hide.
    void hide(int line, Report const& other);

    bool hidden(int line) const { return hidden_.contains(line); }

    bool hides() const { return !hidden_.empty(); }

    /// Texts that were made of hidden ones, as far as they can be told from other words.
    std::vector<std::string> hidden_texts() const;

    bool has_errors() const { return kept() > 0; }

    bool full() const { return kept() >= kMaxErrors; }

    bool full_of_warnings() const { return warnings_.size() >= kMaxErrors; }

    /// Also counts those that are not kept: what was refused is not to be relied on.
    std::size_t error_count() const { return count_; }

    /// An issue of this file, which is not kept here.
    core::Issue issue(std::string path, Place place, std::string reason) const {
        return make(std::move(path), place, std::move(reason));
    }

    /// True when an error was reported at `path` or above it.
    bool concerns(std::string_view path) const;

    /// In the order of the file, each once; those of other files behind.
    std::vector<core::Issue> take_errors();
    std::vector<core::Issue> take_warnings();

private:
    std::size_t kept() const { return errors_.size() + elsewhere_.size(); }

    void redact(int line, std::string& path, std::string& reason) const;
    core::Issue make(std::string path, Place place, std::string reason) const;
    core::Issue make_plain(std::string path, Place place, std::string reason) const;

    LineIndex const& original_;
    std::string file_;
    std::vector<core::Issue> errors_;
    std::vector<core::Issue> elsewhere_;
    std::vector<core::Issue> warnings_;
    std::size_t count_ = 0;
    std::set<int> template_lines_;
    std::map<int, std::set<std::string, std::less<>>> hidden_; ///< texts by line
    std::size_t hidden_texts_ = 0;
};

} // namespace kontena::stackfile
