#pragma once

#include "core/model/grid_settings.hpp"
#include "master/control/revision.hpp"
#include "master/gitops/tree.hpp"
#include "stackfile/read_all.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kontena::master {

/// What the files of one commit say. Any issue means that nothing of it may be applied.
struct Rendered {
    std::vector<Content> stacks;                 ///< by name
    std::optional<model::GridSettings> settings; ///< of a grid file
    std::vector<core::Issue> issues;
    std::vector<core::Issue> warnings;
};

/// Reads the commits of one source for one grid, one after the other, on one thread at a time. It
/// remembers what each file said, and reads one again only when its content, or that of a file
/// which it named, is another than before.
class Renderer {
public:
    explicit Renderer(std::string grid)
        : grid_(std::move(grid)) {}

    /// Reads the grid file among the files and what it lists, or else every stack file; other YAML
    /// is left alone. An error means that the tree could not be read.
    core::Result<Rendered> render(git::Tree& tree);

    /// Stack files that the last call has read: neither it nor what it names was known.
    int parsed() const { return parsed_; }

private:
    /// A question that was put to the tree, and its answer.
    using Seen = std::map<std::string, std::optional<git::ObjectId>>;

    enum class FileKind { stack, grid, other };

    /// What one stack file says, with the stacks that it depends on, and what that rests on.
    struct Memory {
        std::map<std::string, stackfile::Value> values; ///< that it was given
        Seen seen;
        std::vector<Content> stacks;
        std::vector<stackfile::Claim> claims;
        std::vector<stackfile::UnknownValue> unknown; ///< that no stack has a variable for
        std::vector<core::Issue> issues;
        std::vector<core::Issue> warnings;
    };

    using Key = std::pair<std::string, std::string>; ///< path, and name given to the stack

    class Repository;

    static FileKind kind_of(std::string_view text);
    Rendered read_files(std::vector<git::Entry> const& files, Repository& repository);
    void forget();
    std::shared_ptr<Memory const> recall(stackfile::Input const& input, Repository& repository);
    static Memory read(stackfile::Input input, Repository& repository);

    std::string grid_;
    std::map<git::ObjectId, FileKind> kinds_;
    std::map<Key, std::shared_ptr<Memory const>> memories_;
    std::vector<git::Entry> files_; ///< of the last commit
    Seen elsewhere_;                ///< what it asked for besides
    std::optional<Rendered> last_;
    int parsed_ = 0;
};

} // namespace kontena::master
