#include "core/yaml/builder.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kontena::yaml {
namespace {

/// Maps with more entries than this are searched with an index.
constexpr std::size_t kSmallMap = 16;

} // namespace

void Builder::scalar(YamlNode node, std::string_view anchor) {
    charge(node, 1, node.text.size());
    remember(node, anchor);
    add(std::move(node));
}

void Builder::alias(std::string_view anchor, int line, int column) {
    std::string const name(anchor);
    auto const found = anchors_.find(name);
    if (found == anchors_.end()) {
        auto const open = std::ranges::find(stack_, name, &Frame::anchor) != stack_.end();
        throw Refused{
            line,
            column,
            open ? "this alias refers to itself"
                 : fmt::format("there is no anchor '&{}' before this alias", name)
        };
    }
    YamlNode at;
    at.line = line;
    at.column = column;
    charge(at, found->second.nodes, found->second.bytes);
    check_depth(at, found->second.depth);
    add(found->second.node);
}

void Builder::open(YamlNode node, std::string_view anchor) {
    charge(node, 1, 0);
    check_depth(node, 1);
    auto& frame = stack_.emplace_back();
    frame.node = std::move(node);
    frame.anchor = anchor;
}

void Builder::close() {
    auto frame = std::move(stack_.back());
    stack_.pop_back();
    apply_merges(frame);
    remember(frame.node, frame.anchor);
    add(std::move(frame.node));
}

void Builder::charge(YamlNode const& at, int nodes, std::size_t bytes) {
    nodes_ += nodes;
    bytes_ += bytes;
    if (nodes_ > kMaxNodes)
        throw Refused{
            at.line,
            at.column,
            fmt::format("more than {} values, aliases and merge keys included", kMaxNodes)
        };
    if (bytes_ > kMaxExpandedBytes)
        throw Refused{
            at.line,
            at.column,
            fmt::format("more than {} bytes of text, aliases included", kMaxExpandedBytes)
        };
}

void Builder::check_depth(YamlNode const& at, int more) const {
    if (static_cast<int>(stack_.size()) + more > kMaxDepth)
        throw Refused{
            at.line, at.column, fmt::format("nested more than {} levels deep", kMaxDepth)
        };
}

void Builder::measure(YamlNode const& node, int depth, Anchored& out) {
    ++out.nodes;
    out.bytes += node.text.size();
    if (!node.is_scalar()) out.depth = std::max(out.depth, depth + 1);
    for (auto const& item : node.items) measure(item, depth + 1, out);
    for (auto const& entry : node.entries) {
        measure(entry.key, depth + 1, out);
        measure(entry.value, depth + 1, out);
    }
}

/// Keeps a copy for aliases, which counts against the limits as well.
void Builder::remember(YamlNode const& node, std::string_view anchor) {
    if (anchor.empty()) return;
    Anchored anchored;
    measure(node, 0, anchored);
    charge(node, anchored.nodes, anchored.bytes);
    anchored.node = node;
    anchors_.insert_or_assign(std::string(anchor), std::move(anchored));
}

void Builder::add(YamlNode node) {
    if (stack_.empty()) {
        root_ = std::move(node);
        return;
    }
    auto& frame = stack_.back();
    if (frame.node.is_sequence()) {
        frame.node.items.push_back(std::move(node));
    } else if (!frame.key) {
        frame.key = std::move(node);
    } else {
        auto key = std::move(*frame.key);
        frame.key.reset();
        if (node.is_null() && node.text.empty()) { // has no place of its own
            node.line = key.line;
            node.column = key.column;
        }
        add_entry(frame, {std::move(key), std::move(node)});
    }
}

YamlEntry* Builder::find(Frame& frame, std::string const& key) {
    auto& entries = frame.node.entries;
    if (entries.size() <= kSmallMap) {
        auto const found = std::ranges::find_if(entries, [&](YamlEntry const& entry) {
            return entry.key.is_scalar() && entry.key.text == key;
        });
        return found == entries.end() ? nullptr : &*found;
    }
    auto const found = frame.index.find(key);
    return found == frame.index.end() ? nullptr : &entries[found->second];
}

void Builder::append(Frame& frame, YamlEntry entry) {
    auto& entries = frame.node.entries;
    entries.push_back(std::move(entry));
    if (entries.size() <= kSmallMap) return;
    auto const from = frame.index.empty() ? 0 : entries.size() - 1;
    for (auto i = from; i < entries.size(); ++i)
        if (entries[i].key.is_scalar()) frame.index.emplace(entries[i].key.text, i);
}

void Builder::add_entry(Frame& frame, YamlEntry entry) {
    if (!entry.key.is_scalar()) {
        append(frame, std::move(entry));
    } else if (entry.key.text == "<<" && !entry.key.quoted) {
        collect_merge(frame, std::move(entry));
    } else if (auto* earlier = find(frame, entry.key.text); earlier != nullptr) {
        if (notices_ != nullptr)
            notices_->push_back(
                {entry.key.line, entry.key.column, entry.key.text, earlier->key.line}
            );
        *earlier = std::move(entry);
    } else {
        append(frame, std::move(entry));
    }
}

void Builder::collect_merge(Frame& frame, YamlEntry entry) {
    auto const take = [&](YamlNode map) {
        if (!map.is_map())
            throw Refused{
                entry.key.line,
                entry.key.column,
                "'<<' takes a map or a list of maps, such as '<<: *defaults'"
            };
        std::ranges::move(map.entries, std::back_inserter(frame.merges));
    };
    auto& value = entry.value;
    if (value.is_sequence()) {
        for (auto& item : value.items) take(std::move(item));
    } else if (!value.is_null()) {
        take(std::move(value));
    }
}

/// The map's own keys win over merged ones, and an earlier merged map over a later one.
void Builder::apply_merges(Frame& frame) {
    for (auto& entry : frame.merges)
        if (!entry.key.is_scalar() || find(frame, entry.key.text) == nullptr)
            append(frame, std::move(entry));
}

} // namespace kontena::yaml
