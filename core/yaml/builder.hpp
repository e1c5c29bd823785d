#pragma once

#include "core/yaml/load.hpp"
#include "core/yaml/node.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace kontena::yaml {

/// Why a tree cannot be built, and where. Leaves the builder as an exception, because it comes out
/// of the depth of a tree; `load` catches it.
struct Refused {
    int line = 0;
    int column = 0;
    std::string reason;
};

/// Makes a tree of parser events by our rules: aliases are replaced, of equal keys the last wins,
/// merge keys fill in what is missing, and every limit is checked while the tree grows.
class Builder {
public:
    explicit Builder(std::vector<Notice>* notices)
        : notices_(notices) {}

    /// `node` has its place. An empty anchor is none.
    void scalar(YamlNode node, std::string_view anchor);
    void alias(std::string_view anchor, int line, int column);
    /// An empty list or map, to be filled by what follows until `close`.
    void open(YamlNode node, std::string_view anchor);
    void close();

    YamlNode take_root() { return std::move(root_); }

private:
    /// A collection that is being filled.
    struct Frame {
        YamlNode node;
        std::string anchor;
        std::optional<YamlNode> key;
        std::vector<YamlEntry> merges;
        std::unordered_map<std::string, std::size_t> index; ///< of entries, when there are many
    };

    struct Anchored {
        YamlNode node;
        int nodes = 0;
        int depth = 0;
        std::size_t bytes = 0;
    };

    static void measure(YamlNode const& node, int depth, Anchored& out);
    static YamlEntry* find(Frame& frame, std::string const& key);
    static void append(Frame& frame, YamlEntry entry);
    static void apply_merges(Frame& frame);

    void charge(YamlNode const& at, int nodes, std::size_t bytes);
    void check_depth(YamlNode const& at, int more) const;
    void remember(YamlNode const& node, std::string_view anchor);
    void add(YamlNode node);
    void add_entry(Frame& frame, YamlEntry entry);
    void collect_merge(Frame& frame, YamlEntry entry);

    std::vector<Notice>* notices_;
    YamlNode root_;
    std::vector<Frame> stack_;
    std::unordered_map<std::string, Anchored> anchors_;
    int nodes_ = 0;
    std::size_t bytes_ = 0;
};

} // namespace kontena::yaml
