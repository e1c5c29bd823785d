#include "core/yaml/load.hpp"

#include "core/base/strings.hpp"
#include "core/yaml/builder.hpp"
#include "core/yaml/scalar.hpp"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <array>

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

/// libyaml's wording, in words that say what to do where we can guess it.
std::string friendlier(std::string_view problem) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kHints{{
        {"mapping values are not allowed in this context",
         "a ':' is not allowed here: quote the text if ': ' is part of it, or check the "
         "indentation"},
        {"block sequence entries are not allowed in this context",
         "a '- ' is not allowed here: check the indentation"},
        {"did not find expected key",
         "this does not belong to the map above it: check the indentation, and quote texts that "
         "hold special characters"},
        {"did not find expected '-' indicator",
         "this does not belong to the list above it: check the indentation"},
        {"did not find expected ',' or '}'", "the '{' that opens this map has no '}'"},
        {"did not find expected ',' or ']'", "the '[' that opens this list has no ']'"},
        {"could not find expected ':'",
         "a key needs a ':' behind it, on the same line: check the indentation of a text that goes "
         "over several lines"},
        {"found character that cannot start any token",
         "this character cannot start a value: put the value in quotes"},
        {"did not find expected node content",
         "a value is missing here, or begins with a character that has a meaning in YAML: put the "
         "value in quotes"},
        {"did not find expected <document start>", "nothing may follow the value of the document"},
    }};
    for (auto const& [theirs, ours] : kHints)
        if (problem == theirs) return std::string(ours);
    return std::string(problem);
}

/// Places of a text by libyaml's index, which counts characters.
class Places {
public:
    explicit Places(std::string_view text) {
        for (std::size_t i = 0; i < text.size(); ++i)
            if (text[i] == '\n') lines_.push_back(i + 1);
        auto const continues = [](char c) {
            return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
        };
        if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
            return;
        for (std::size_t i = 0; i < text.size(); ++i)
            if (!continues(text[i])) bytes_.push_back(i);
        bytes_.push_back(text.size());
    }

    std::size_t byte(std::size_t index) const {
        return bytes_.empty() ? index : bytes_[std::min(index, bytes_.size() - 1)];
    }

    void locate(std::size_t index, int& line, int& column) const {
        locate_byte(byte(index), line, column);
    }

    void locate_byte(std::size_t offset, int& line, int& column) const {
        auto const next = std::ranges::upper_bound(lines_, offset);
        line = static_cast<int>(next - lines_.begin());
        column = static_cast<int>(offset - *std::prev(next)) + 1;
    }

private:
    std::vector<std::size_t> lines_{0}; ///< where each begins
    std::vector<std::size_t> bytes_;    ///< where each character begins; empty for plain ASCII
};

/// A yaml_event_t that cleans up.
class Event {
public:
    Event() = default;

    ~Event() { clear(); }

    Event(Event const&) = delete;
    Event& operator=(Event const&) = delete;

    yaml_event_t* renew() {
        clear();
        return &event_;
    }

    yaml_event_t const& get() const { return event_; }

private:
    void clear() {
        yaml_event_delete(&event_);
        event_ = {};
    }

    yaml_event_t event_{};
};

std::string_view text_of(yaml_char_t const* text) {
    return text == nullptr ? std::string_view() : reinterpret_cast<char const*>(text);
}

constexpr std::string_view kReferenceInFlow =
    "between { } or [ ], a text with ${...} in it must stand in quotes, as in {user: \"${name}\"}";

/// libyaml's events -> our builder.
class Parser {
public:
    Parser(std::string_view text, std::vector<Notice>* notices)
        : text_(text)
        , places_(text)
        , notices_(notices)
        , builder_(notices) {
        if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
        yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(
            &parser_, reinterpret_cast<unsigned char const*>(text.data()), text.size()
        );
    }

    ~Parser() { yaml_parser_delete(&parser_); }

    Parser(Parser const&) = delete;
    Parser& operator=(Parser const&) = delete;

    YamlNode run() {
        while (next() != YAML_STREAM_END_EVENT && type() != YAML_DOCUMENT_END_EVENT) take();
        if (type() == YAML_DOCUMENT_END_EVENT && more_follows() && notices_ != nullptr)
            notices_->push_back({});
        return builder_.take_root();
    }

private:
    yaml_event_type_t type() const { return event_.get().type; }

    yaml_event_type_t next() {
        if (yaml_parser_parse(&parser_, event_.renew()) == 0) refuse();
        return type();
    }

    /// Behind the mark `...` anything counts as a second document, also what is none.
    bool more_follows() {
        auto const marked = event_.get().data.document_end.implicit == 0;
        if (yaml_parser_parse(&parser_, event_.renew()) == 0 && !marked) refuse();
        return type() != YAML_STREAM_END_EVENT;
    }

    /// The text ended, or a document mark came, behind an opening quote.
    bool in_quotes() const {
        return parser_.context != nullptr && parser_.problem != nullptr &&
               std::string_view(parser_.context) == "while scanning a quoted scalar" &&
               std::string_view(parser_.problem).starts_with("found unexpected");
    }

    /// What libyaml blames is the `{` of a `${name}`, or stands behind it.
    bool behind_dollar() const {
        auto const in_flow = parser_.context != nullptr &&
                             std::string_view(parser_.context).starts_with("while parsing a flow");
        auto const open = places_.byte(parser_.problem_mark.index);
        return in_flow && open > 0 && text_.substr(open - 1).starts_with("${");
    }

    [[noreturn]] void refuse() {
        Refused out{.reason = friendlier(parser_.problem == nullptr ? "?" : parser_.problem)};
        if (parser_.error == YAML_READER_ERROR) {
            places_.locate_byte(parser_.problem_offset, out.line, out.column);
        } else if (in_quotes()) {
            out.reason = "no quote closes this text";
            places_.locate(parser_.context_mark.index, out.line, out.column);
        } else {
            places_.locate(parser_.problem_mark.index, out.line, out.column);
            if (behind_dollar()) out.reason = std::string(kReferenceInFlow);
        }
        throw std::move(out);
    }

    void take() {
        auto const& data = event_.get().data;
        switch (type()) {
        case YAML_ALIAS_EVENT: {
            auto const at = make(Kind::null);
            builder_.alias(text_of(data.alias.anchor), at.line, at.column);
            break;
        }
        case YAML_SCALAR_EVENT:
            builder_.scalar(scalar(), text_of(data.scalar.anchor));
            break;
        case YAML_SEQUENCE_START_EVENT:
            check_tag(text_of(data.sequence_start.tag));
            builder_.open(make(Kind::sequence), text_of(data.sequence_start.anchor));
            break;
        case YAML_MAPPING_START_EVENT:
            check_tag(text_of(data.mapping_start.tag));
            builder_.open(make(Kind::map), text_of(data.mapping_start.anchor));
            break;
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
            builder_.close();
            break;
        default:
            break;
        }
    }

    YamlNode make(Kind kind) const {
        YamlNode node;
        node.kind = kind;
        places_.locate(event_.get().start_mark.index, node.line, node.column);
        return node;
    }

    YamlNode scalar() const {
        auto const& data = event_.get().data.scalar;
        auto const tag = text_of(data.tag);
        auto node = make(Kind::string);
        node.text.assign(reinterpret_cast<char const*>(data.value), data.length);
        check_tag(tag);
        node.quoted = tag == "!" || tag == "tag:yaml.org,2002:str" ||
                      (tag.empty() && data.style != YAML_PLAIN_SCALAR_STYLE);
        if (!node.quoted) resolve_plain(node);
        return node;
    }

    void check_tag(std::string_view tag) const {
        static constexpr std::array<std::string_view, 7> kKnown{
            "null", "bool", "int", "float", "str", "seq", "map"
        };
        if (tag.empty() || tag == "!") return;
        constexpr std::string_view kStandard = "tag:yaml.org,2002:";
        auto const name =
            tag.substr(tag.starts_with(kStandard) ? kStandard.size() : std::size_t{0});
        if (tag.starts_with(kStandard) && std::ranges::find(kKnown, name) != kKnown.end()) return;
        auto const at = make(Kind::null);
        throw Refused{at.line, at.column, fmt::format("the tag '{}' is not supported", name)};
    }

    std::string_view text_;
    Places places_;
    std::vector<Notice>* notices_;
    Builder builder_;
    yaml_parser_t parser_{};
    Event event_;
};

/// The parser blames the character that follows: tabs in front of it are the cause.
void blame_tabs(std::string_view text, Issue& issue) {
    auto const lines = core::split(text, '\n');
    auto const at = static_cast<std::size_t>(std::max(issue.line - 1, 0));
    if (at >= lines.size()) return;
    auto const indent = lines[at].substr(0, lines[at].find_first_not_of(" \t"));
    auto const tab = indent.find('\t');
    if (tab == std::string_view::npos) return;
    issue.reason = "tabs cannot indent: use spaces";
    issue.column = static_cast<int>(tab) + 1;
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

std::string to_string(Notice const& notice) {
    if (notice.key.empty()) return "the file has more than one document; only the first is used";
    return fmt::format(
        "'{}' was given before, on line {}; this one counts", notice.key, notice.earlier_line
    );
}

Result<YamlNode> load(std::string_view raw, std::string const& file, std::vector<Issue>* warnings) {
    KCHECK(check_text(raw, file));
    std::vector<Notice> notices;
    auto tree = load_checked(normalise_text(raw), file, &notices);
    if (warnings == nullptr) return tree;
    for (auto const& notice : notices)
        warnings->push_back(
            {.reason = to_string(notice), .file = file, .line = notice.line, .column = notice.column
            }
        );
    return tree;
}

Result<YamlNode>
load_checked(std::string_view text, std::string const& file, std::vector<Notice>* notices) {
    try {
        return Parser(text, notices).run();
    } catch (Refused& refused) {
        Issue issue{
            .reason = std::move(refused.reason),
            .file = file,
            .line = refused.line,
            .column = refused.column
        };
        blame_tabs(text, issue);
        return refusal(std::move(issue));
    }
}

} // namespace kontena::yaml
