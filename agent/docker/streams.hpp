#pragma once

#include "core/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Formats of the engine's streaming answers, without I/O.
namespace kontena::agent::docker {

enum class Channel : std::uint8_t { in = 0, out = 1, err = 2 };

struct Output {
    Channel channel = Channel::out;
    std::string bytes;

    friend bool operator==(Output const&, Output const&) = default;
};

/// Takes the 8-byte frames of logs, attach and exec apart: channel, 3 zero bytes, big-endian
/// length. Long frames are handed out in the pieces in which they arrive, so that nothing has to be
/// held.
class Demultiplexer {
public:
    /// Appends what `bytes` completes to `out`. Errc::corrupt once the stream is not framed;
    /// nothing may be fed after that.
    core::Result<void> feed(std::string_view bytes, std::vector<Output>& out);

    /// The stream may end here: not inside a frame.
    bool complete() const { return header_.empty() && left_ == 0; }

private:
    std::string header_;
    std::uint32_t left_ = 0;
    Channel channel_ = Channel::out;
};

/// Splits a stream into lines; the last one may come without an end.
class Lines {
public:
    explicit Lines(std::size_t max_line)
        : max_(max_line) {}

    /// Appends the lines that `bytes` completes, without their ends. Errc::invalid for a line that
    /// is too long.
    core::Result<void> feed(std::string_view bytes, std::vector<std::string>& out);

    /// What is left at the end of the stream.
    std::optional<std::string> rest();

private:
    std::size_t max_;
    std::string partial_;
};

/// The last `count` lines of a log, as well-formed UTF-8 of at most `max_line` bytes each.
std::vector<std::string> log_lines(std::string_view text, std::size_t count, std::size_t max_line);

/// What the body of an error says: its `message`, or the text itself.
std::string error_message(std::string_view body);

/// The image reference with `:latest` when it has neither tag nor digest: without one, the engine
/// would pull every tag.
std::string with_tag(std::string_view image);

} // namespace kontena::agent::docker
