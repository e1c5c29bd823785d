#include "stackfile/redact.hpp"

#include "core/base/strings.hpp"

#include <algorithm>
#include <string_view>

namespace kontena::stackfile {
namespace {

constexpr std::string_view kMask = "[hidden]";
constexpr std::size_t kShort = 4; // a text below it is likely to be a part of other words

bool word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool stands_alone(std::string_view text, std::size_t at, std::size_t length) {
    auto const before = at == 0 || !word_character(text[at - 1]);
    auto const end = at + length;
    return before && (end >= text.size() || !word_character(text[end]));
}

/// As it is written between quotes of one kind: `mark` in front of each `what`.
std::string escaped(std::string_view text, std::string_view what, char mark) {
    std::string out;
    for (char const c : text) {
        if (what.find(c) != std::string_view::npos) out += mark;
        out += c;
    }
    return out;
}

void replace(std::string& text, std::string_view secret) {
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
        if (secret.size() < kShort && !stands_alone(text, at, secret.size())) {
            at += secret.size();
        } else {
            text.replace(at, secret.size(), kMask);
            at += kMask.size();
        }
    }
}

} // namespace

Redactor::Redactor(std::vector<std::string> const& secrets) {
    for (auto const& secret : secrets) {
        auto parts = core::split(secret, '\n');
        parts.push_back(secret);
        for (auto const part : parts) {
            auto const text = core::trim(part);
            if (text.empty()) continue;
            texts_.emplace_back(text);
            texts_.push_back(escaped(text, "\"\\", '\\'));
            texts_.push_back(escaped(text, "'", '\''));
        }
    }
    std::ranges::sort(texts_, [](auto const& a, auto const& b) {
        return a.size() != b.size() ? a.size() > b.size() : a < b;
    });
    auto const repeated = std::ranges::unique(texts_);
    texts_.erase(repeated.begin(), repeated.end());
}

std::string Redactor::redact(std::string text) const {
    for (auto const& secret : texts_) replace(text, secret);
    return text;
}

void Redactor::redact(std::vector<core::Issue>& issues) const {
    if (texts_.empty()) return;
    for (auto& issue : issues) {
        issue.reason = redact(std::move(issue.reason));
        issue.path = redact(std::move(issue.path));
    }
}

} // namespace kontena::stackfile
