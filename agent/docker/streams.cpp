#include "agent/docker/streams.hpp"

#include "core/base/strings.hpp"
#include "core/json/codec.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace kontena::agent::docker {
namespace {

constexpr std::size_t kHeader = 8;

struct Refusal {
    std::string message;
};
BOOST_DESCRIBE_STRUCT(Refusal, (), (message))

std::string clean(std::string_view line, std::size_t max_line) {
    std::string out(line.substr(0, max_line));
    for (auto bad = core::find_invalid_utf8(out); bad != std::string::npos;
         bad = core::find_invalid_utf8(out)) {
        out[bad] = '?';
    }
    return out;
}

} // namespace

core::Result<void> Demultiplexer::feed(std::string_view bytes, std::vector<Output>& out) {
    while (!bytes.empty()) {
        if (left_ > 0) {
            auto const piece = bytes.substr(0, left_);
            out.push_back({channel_, std::string(piece)});
            left_ -= static_cast<std::uint32_t>(piece.size());
            bytes.remove_prefix(piece.size());
            continue;
        }
        auto const missing = std::min(kHeader - header_.size(), bytes.size());
        header_ += bytes.substr(0, missing);
        bytes.remove_prefix(missing);
        if (header_.size() < kHeader) break;
        auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(header_[i]); };
        if (byte(0) > 2 || byte(1) != 0 || byte(2) != 0 || byte(3) != 0)
            return core::fail(core::Errc::corrupt, "the engine's stream is not framed");
        channel_ = Channel{byte(0)};
        left_ = std::uint32_t{byte(4)} << 24 | std::uint32_t{byte(5)} << 16 |
                std::uint32_t{byte(6)} << 8 | std::uint32_t{byte(7)};
        header_.clear();
    }
    return {};
}

core::Result<void> Lines::feed(std::string_view bytes, std::vector<std::string>& out) {
    while (!bytes.empty()) {
        auto const end = bytes.find('\n');
        auto const piece = bytes.substr(0, end);
        if (partial_.size() + piece.size() > max_)
            return core::fail(core::Errc::invalid, "a line of the engine's answer is too long");
        partial_ += piece;
        if (end == std::string_view::npos) break;
        if (partial_.ends_with('\r')) partial_.pop_back();
        if (!partial_.empty()) out.push_back(std::move(partial_));
        partial_.clear();
        bytes.remove_prefix(end + 1);
    }
    return {};
}

std::optional<std::string> Lines::rest() {
    if (partial_.empty()) return std::nullopt;
    return std::exchange(partial_, {});
}

std::vector<std::string> log_lines(std::string_view text, std::size_t count, std::size_t max_line) {
    auto lines = core::split(text, '\n');
    if (!lines.empty() && lines.back().empty()) lines.pop_back();
    auto const skip = lines.size() > count ? lines.size() - count : 0;
    std::vector<std::string> out;
    for (auto line : std::span(lines).subspan(skip)) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        out.push_back(clean(line, max_line));
    }
    return out;
}

std::string error_message(std::string_view body) {
    auto const refusal = json::decode_text<Refusal>(body);
    if (refusal && !refusal->message.empty()) return refusal->message;
    return clean(core::trim(body), 1024);
}

std::string with_tag(std::string_view image) {
    std::string out(image);
    auto const slash = image.rfind('/');
    auto const last = slash == std::string_view::npos ? image : image.substr(slash + 1);
    bool const named =
        last.find(':') != std::string_view::npos || image.find('@') != std::string_view::npos;
    return named ? out : out + ":latest";
}

} // namespace kontena::agent::docker
