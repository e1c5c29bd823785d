#include "core/yaml/emit.hpp"

#include "core/base/escape.hpp"
#include "core/yaml/scalar.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace kontena::yaml {
namespace {

constexpr int kStep = 2;

bool control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

/// What other readers may take for a number, a time or a date: `1.2.3`, `22:22`, `2017-01-01`.
bool numeric_look(std::string_view text) {
    constexpr std::string_view kStart = "0123456789+-.";
    constexpr std::string_view kRest = "0123456789+-.:,_eExXabcdfABCDFTZ ";
    return kStart.find(text.front()) != std::string_view::npos &&
           text.find_first_not_of(kRest) == std::string_view::npos;
}

/// What YAML 1.1 makes booleans of, and our reader does not.
bool short_boolean(std::string_view text) {
    static constexpr std::array<std::string_view, 6> kWords{"y", "Y", "n", "N", "=", "<<"};
    return std::ranges::find(kWords, text) != kWords.end();
}

/// True when the text can stand without quotes and be read as the same string.
bool plain(std::string_view text) {
    if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':')
        return false;
    if (std::string_view("-?:,[]{}#&*!|>'\"%@`.").find(text.front()) != std::string_view::npos)
        return false;
    if (std::ranges::any_of(text, [](char c) { return control(c) || !ascii(c); })) return false;
    if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos)
        return false;
    if (numeric_look(text) || short_boolean(text)) return false;
    YamlNode probe;
    probe.text = text;
    resolve_plain(probe);
    return probe.is_string();
}

std::string quoted(std::string_view text) { return '"' + core::escaped(text) + '"'; }

/// True for a text of several lines that a literal block shows as it is.
bool literal(std::string_view text) {
    auto const newline = text.find('\n');
    if (newline == std::string_view::npos || newline == 0 || text.ends_with("\n\n")) return false;
    if (text.front() == ' ' || text.front() == '\t') return false;
    if (text.find(" \n") != std::string_view::npos || text.find("\t\n") != std::string_view::npos)
        return false;
    return std::ranges::none_of(text, [](char c) {
        return (control(c) && c != '\n' && c != '\t') || !ascii(c);
    });
}

std::string scalar(YamlNode const& node, Quotes quotes) {
    auto const keep = quotes == Quotes::as_marked && node.quoted;
    switch (node.kind) {
    case Kind::string:
        return !keep && plain(node.text) ? node.text : quoted(node.text);
    case Kind::null:
        return "null";
    case Kind::real:
        if (std::isnan(node.real)) return ".nan";
        return node.text;
    default:
        return canonical(node);
    }
}

class Emitter {
public:
    explicit Emitter(Quotes quotes)
        : quotes_(quotes) {}

    std::string run(YamlNode const& root) {
        if (root.is_scalar() || empty(root)) {
            value(root, 0);
        } else {
            block(root, 0, false);
        }
        return std::move(out_);
    }

private:
    static bool empty(YamlNode const& node) { return node.items.empty() && node.entries.empty(); }

    void indent(int depth) { out_.append(static_cast<std::size_t>(depth * kStep), ' '); }

    /// The entries of a map or list, one a line. The first goes on on the line that `inline_first`
    /// says is begun already.
    void block(YamlNode const& node, int depth, bool inline_first) {
        bool first = inline_first;
        for (auto const& item : node.items) {
            if (!first) indent(depth);
            first = false;
            out_ += "- ";
            if (item.is_scalar() || empty(item))
                value(item, depth);
            else
                block(item, depth + 1, true);
        }
        for (auto const& [key, item] : node.entries) {
            if (!first) indent(depth);
            first = false;
            key_of(key, depth);
            if (item.is_scalar() || empty(item)) {
                out_ += ' ';
                value(item, depth);
            } else {
                out_ += '\n';
                block(item, depth + 1, false);
            }
        }
    }

    void key_of(YamlNode const& key, int depth) {
        if (key.is_scalar()) {
            // A key is what it is written as.
            out_ += key.is_string() ? scalar(key, quotes_) : (key.text.empty() ? "null" : key.text);
            out_ += ':';
            return;
        }
        out_ += "? ";
        flow(key);
        out_ += '\n';
        indent(depth);
        out_ += ':';
    }

    /// What fits on the line of its key or dash.
    void value(YamlNode const& node, int depth) {
        if (!node.is_scalar()) {
            out_ += node.is_map() ? "{}\n" : "[]\n";
        } else if (node.is_string() && literal(node.text)) {
            lines(node.text, depth + 1);
        } else {
            out_ += scalar(node, quotes_);
            out_ += '\n';
        }
    }

    void lines(std::string_view text, int depth) {
        out_ += text.ends_with('\n') ? "|\n" : "|-\n";
        while (!text.empty()) {
            auto const end = std::min(text.find('\n'), text.size());
            if (end > 0) indent(depth);
            out_ += text.substr(0, end);
            out_ += '\n';
            text.remove_prefix(std::min(end + 1, text.size()));
        }
    }

    void flow(YamlNode const& node) {
        if (node.is_scalar()) {
            out_ += node.is_string() ? quoted(node.text) : scalar(node, quotes_);
            return;
        }
        out_ += node.is_map() ? '{' : '[';
        std::string_view separator;
        for (auto const& item : node.items) {
            out_ += separator;
            separator = ", ";
            flow(item);
        }
        for (auto const& [key, item] : node.entries) {
            out_ += separator;
            separator = ", ";
            if (!key.is_scalar()) out_ += "? ";
            flow(key);
            out_ += ": ";
            flow(item);
        }
        out_ += node.is_map() ? '}' : ']';
    }

    Quotes quotes_;
    std::string out_;
};

} // namespace

std::string emit(YamlNode const& root, Quotes quotes) { return Emitter(quotes).run(root); }

} // namespace kontena::yaml
