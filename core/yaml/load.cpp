#include "core/yaml/load.hpp"

#include "core/base/strings.hpp"
#include "core/yaml/scalar.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_map>

namespace kontena::yaml {

using core::Errc;
using core::Issue;
using core::Result;

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Issue issue_at(std::string_view text, std::size_t offset, std::string file, std::string reason) {
    auto const before = text.substr(0, offset);
    auto const line_start = before.rfind('\n') + 1; // npos + 1 is 0
    return {
        .reason = std::move(reason),
        .file = std::move(file),
        .line = 1 + static_cast<int>(std::ranges::count(before, '\n')),
        .column = 1 + static_cast<int>(offset - line_start),
    };
}

core::Error refusal(Issue issue) {
    auto message = to_string(issue);
    return core::fail(Errc::invalid, std::move(message), {std::move(issue)});
}

/// Leaves the parser from inside an event; caught in `load`.
struct Refused {
    YAML::Mark mark;
    std::string reason;
};

/// yaml-cpp's wording, in words that say what to do where we can guess it.
std::string friendlier(std::string const& reason) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kHints{{
        {"illegal map value",
         "a ':' is not allowed here: quote the text if ': ' is part of it, or check the "
         "indentation"},
        {"illegal block entry", "a '- ' is not allowed here: check the indentation"},
        {"end of map not found",
         "this does not belong to the map above it: check the indentation, and quote texts that "
         "hold special characters"},
        {"end of sequence not found",
         "this does not belong to the list above it: check the indentation"},
        {"end of map flow not found", "the '{' that opens this map has no '}'"},
        {"end of sequence flow not found", "the '[' that opens this list has no ']'"},
        {"illegal flow end", "a closing bracket without an opening one"},
        {"illegal tab when looking for indentation", "tabs cannot indent: use spaces"},
    }};
    for (auto const& [theirs, ours] : kHints)
        if (reason == theirs) return std::string(ours);
    return reason;
}

/// Builds the tree from parser events, so that aliases, duplicate keys and merge keys are treated
/// by our rules and every limit is checked while the tree grows.
class Builder : public YAML::EventHandler {
public:
    Builder(std::string_view text, std::string const& file, std::vector<Issue>* warnings)
        : text_(text)
        , file_(file)
        , warnings_(warnings) {}

    YamlNode take_root() { return std::move(root_); }

    void OnDocumentStart(YAML::Mark const&) override {}

    void OnDocumentEnd() override {}

    void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override {
        auto node = make(Kind::null, mark);
        // The parser drops how a null was written, which a key needs: `null:`, `~:`.
        auto const rest = text_.substr(std::min(offset_of(mark), text_.size()));
        for (std::string_view const word : {"~", "null", "Null", "NULL"})
            if (rest.starts_with(word)) node.text = word;
        finish(std::move(node), mark, anchor);
    }

    void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override {
        auto const found = anchors_.find(anchor);
        if (found == anchors_.end()) throw Refused{mark, "this alias refers to itself"};
        charge(mark, found->second.nodes, found->second.bytes);
        check_depth(mark, found->second.depth);
        add(found->second.node, mark);
    }

    void OnScalar(
        YAML::Mark const& mark,
        std::string const& tag,
        YAML::anchor_t anchor,
        std::string const& value
    ) override {
        auto node = make(Kind::string, mark);
        node.text = value;
        node.quoted = tag == "!";
        charge(mark, 0, value.size());
        if (tag == "?" || tag.empty()) {
            resolve_plain(node);
        } else if (tag.starts_with("tag:yaml.org,2002:") && tag.ends_with(":str")) {
            node.quoted = true;
        } else if (tag != "!") {
            check_tag(mark, tag);
            resolve_plain(node);
        }
        finish(std::move(node), mark, anchor);
    }

    void OnSequenceStart(
        YAML::Mark const& mark,
        std::string const& tag,
        YAML::anchor_t anchor,
        YAML::EmitterStyle::value
    ) override {
        check_tag(mark, tag);
        open(make(Kind::sequence, mark), mark, anchor);
    }

    void OnMapStart(
        YAML::Mark const& mark,
        std::string const& tag,
        YAML::anchor_t anchor,
        YAML::EmitterStyle::value
    ) override {
        check_tag(mark, tag);
        open(make(Kind::map, mark), mark, anchor);
    }

    void OnSequenceEnd() override { close(); }

    void OnMapEnd() override { close(); }

private:
    /// A collection that is being filled.
    struct Frame {
        YamlNode node;
        YAML::Mark mark;
        YAML::anchor_t anchor = 0;
        std::optional<YamlNode> key;
        std::vector<YamlEntry> merges;
        std::unordered_map<std::string, std::size_t> seen; ///< scalar keys, for large maps too
    };

    struct Anchored {
        YamlNode node;
        int nodes = 0;
        int depth = 0;
        std::size_t bytes = 0;
    };

    static std::size_t offset_of(YAML::Mark const& mark) {
        return static_cast<std::size_t>(std::max(mark.pos, 0));
    }

    static YamlNode make(Kind kind, YAML::Mark const& mark) {
        YamlNode node;
        node.kind = kind;
        node.line = mark.line + 1;
        node.column = mark.column + 1;
        return node;
    }

    static void check_tag(YAML::Mark const& mark, std::string const& tag) {
        static constexpr std::array<std::string_view, 7> kKnown{
            "null", "bool", "int", "float", "str", "seq", "map"
        };
        if (tag.empty() || tag == "?" || tag == "!") return;
        constexpr std::string_view kStandard = "tag:yaml.org,2002:";
        auto const name = std::string_view(tag).substr(
            tag.starts_with(kStandard) ? kStandard.size() : std::size_t{0}
        );
        if (tag.starts_with(kStandard) && std::ranges::find(kKnown, name) != kKnown.end()) return;
        throw Refused{mark, fmt::format("the tag '{}' is not supported", name)};
    }

    void charge(YAML::Mark const& mark, int nodes, std::size_t bytes) {
        nodes_ += nodes;
        bytes_ += bytes;
        if (nodes_ > kMaxNodes)
            throw Refused{
                mark, fmt::format("more than {} values, aliases and merge keys included", kMaxNodes)
            };
        if (bytes_ > kMaxExpandedBytes)
            throw Refused{
                mark, fmt::format("more than {} bytes of text, aliases included", kMaxExpandedBytes)
            };
    }

    void check_depth(YAML::Mark const& mark, int more) const {
        if (static_cast<int>(stack_.size()) + more > kMaxDepth)
            throw Refused{mark, fmt::format("nested more than {} levels deep", kMaxDepth)};
    }

    void open(YamlNode node, YAML::Mark const& mark, YAML::anchor_t anchor) {
        charge(mark, 1, 0);
        check_depth(mark, 1);
        stack_.push_back(Frame{.node = std::move(node), .mark = mark, .anchor = anchor});
    }

    void close() {
        auto frame = std::move(stack_.back());
        stack_.pop_back();
        apply_merges(frame);
        remember(frame.node, frame.mark, frame.anchor);
        add(std::move(frame.node), frame.mark);
    }

    void finish(YamlNode node, YAML::Mark const& mark, YAML::anchor_t anchor) {
        charge(mark, 1, 0);
        remember(node, mark, anchor);
        add(std::move(node), mark);
    }

    static void measure(YamlNode const& node, int depth, Anchored& out) {
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
    void remember(YamlNode const& node, YAML::Mark const& mark, YAML::anchor_t anchor) {
        if (anchor == 0) return;
        Anchored anchored;
        measure(node, 0, anchored);
        charge(mark, anchored.nodes, anchored.bytes);
        anchored.node = node;
        anchors_.insert_or_assign(anchor, std::move(anchored));
    }

    void add(YamlNode node, YAML::Mark const& mark) {
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
            add_entry(frame, {std::move(key), std::move(node)}, mark);
        }
    }

    void add_entry(Frame& frame, YamlEntry entry, YAML::Mark const& mark) {
        auto const merge = entry.key.text == "<<" && !entry.key.quoted && entry.key.is_scalar();
        if (merge) {
            collect_merge(frame, std::move(entry.value), mark);
            return;
        }
        if (!entry.key.is_scalar()) {
            frame.node.entries.push_back(std::move(entry));
            return;
        }
        auto const [at, fresh] = frame.seen.try_emplace(entry.key.text, frame.node.entries.size());
        if (fresh) {
            frame.node.entries.push_back(std::move(entry));
            return;
        }
        auto& earlier = frame.node.entries[at->second];
        warn(
            entry.key,
            fmt::format(
                "'{}' was given before, on line {}; this one counts",
                entry.key.text,
                earlier.key.line
            )
        );
        earlier = std::move(entry);
    }

    void collect_merge(Frame& frame, YamlNode value, YAML::Mark const& mark) {
        auto const take = [&](YamlNode map) {
            if (!map.is_map())
                throw Refused{mark, "'<<' takes a map or a list of maps, such as '<<: *defaults'"};
            std::ranges::move(map.entries, std::back_inserter(frame.merges));
        };
        if (value.is_sequence()) {
            for (auto& item : value.items) take(std::move(item));
        } else if (!value.is_null()) {
            take(std::move(value));
        }
    }

    /// The map's own keys win over merged ones, and an earlier merged map over a later one.
    static void apply_merges(Frame& frame) {
        for (auto& entry : frame.merges) {
            if (entry.key.is_scalar() &&
                !frame.seen.try_emplace(entry.key.text, frame.node.entries.size()).second)
                continue;
            frame.node.entries.push_back(std::move(entry));
        }
    }

    void warn(YamlNode const& at, std::string reason) {
        if (warnings_ == nullptr) return;
        warnings_->push_back(
            {.path = "",
             .reason = std::move(reason),
             .file = file_,
             .line = at.line,
             .column = at.column}
        );
    }

    std::string_view text_;
    std::string const& file_;
    std::vector<Issue>* warnings_;
    YamlNode root_;
    std::vector<Frame> stack_;
    std::map<YAML::anchor_t, Anchored> anchors_;
    int nodes_ = 0;
    std::size_t bytes_ = 0;
};

/// True when something but blanks and comments follows the first document.
bool has_second_document(YAML::Parser& parser) {
    struct Probe : Builder {
        using Builder::Builder;

        void OnDocumentStart(YAML::Mark const& mark) override {
            throw Refused{mark, "second document"};
        }
    };

    std::string const none;
    Probe probe("", none, nullptr);
    try {
        return parser.HandleNextDocument(probe);
    } catch (Refused const&) {
        return true;
    } catch (YAML::Exception const&) {
        return true;
    }
}

} // namespace

std::string normalise_text(std::string_view text) {
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\r') {
            out += text[i];
        } else if (i + 1 == text.size() || text[i + 1] != '\n') {
            out += '\n';
        }
    }
    return out;
}

Result<> check_text(std::string_view text, std::string const& file) {
    if (text.size() > kMaxBytes) {
        auto reason =
            fmt::format("the file has {} bytes; at most {} are allowed", text.size(), kMaxBytes);
        return refusal({.reason = std::move(reason), .file = file});
    }
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
        return refusal(issue_at(text, 0, file, "the file is UTF-16: save it as UTF-8"));
    }
    if (auto const bad = core::find_invalid_utf8(text); bad != std::string_view::npos) {
        auto const byte = static_cast<unsigned char>(text[bad]);
        return refusal(issue_at(
            text, bad, file, fmt::format("byte 0x{:02X} is not valid UTF-8: save it as UTF-8", byte)
        ));
    }
    auto const control = std::ranges::find_if(text, [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
    });
    if (control != text.end()) {
        auto const at = static_cast<std::size_t>(control - text.begin());
        return refusal(issue_at(
            text,
            at,
            file,
            fmt::format(
                "control character 0x{:02X} is not allowed", static_cast<unsigned>(*control)
            )
        ));
    }
    return {};
}

Result<YamlNode> load(std::string_view raw, std::string const& file, std::vector<Issue>* warnings) {
    KCHECK(check_text(raw, file));
    auto const text = normalise_text(raw);
    auto const refuse = [&](YAML::Mark const& mark, std::string const& reason) {
        Issue issue{
            .reason = friendlier(reason),
            .file = file,
            .line = mark.line + 1,
            .column = mark.column + 1
        };
        auto const lines = core::split(text, '\n');
        auto const at = static_cast<std::size_t>(std::max(mark.line, 0));
        auto const indent =
            at < lines.size() ? lines[at].substr(0, lines[at].find_first_not_of(" \t")) : "";
        if (auto const tab = indent.find('\t'); tab != std::string_view::npos) {
            issue.reason = "tabs cannot indent: use spaces";
            issue.column = static_cast<int>(tab) + 1;
        }
        return refusal(std::move(issue));
    };
    Builder builder(text, file, warnings);
    try {
        std::istringstream in(text);
        YAML::Parser parser(in);
        parser.HandleNextDocument(builder);
        if (warnings != nullptr && text.find("\n---") != std::string::npos &&
            has_second_document(parser)) {
            warnings->push_back(
                {.reason = "the file has more than one document; only the first is used",
                 .file = file}
            );
        }
    } catch (Refused const& e) {
        return refuse(e.mark, e.reason);
    } catch (YAML::Exception const& e) {
        return refuse(e.mark, e.msg);
    }
    return builder.take_root();
}

} // namespace kontena::yaml
