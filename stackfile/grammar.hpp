#pragma once

#include "core/base/result.hpp"
#include "core/model/service_spec.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The small languages inside values. Each function takes one text and says what is wrong with it
/// in the error's message.
namespace kontena::stackfile {

/// `[IP:]HOST:CONTAINER[/PROTO]`
core::Result<model::PortMapping> parse_port(std::string_view text);

/// `[SOURCE:]/PATH[:FLAGS]`
core::Result<model::VolumeMount> parse_volume(std::string_view text);

/// `NAME[:ALIAS]`; the alias defaults to the name.
core::Result<model::Link> parse_link(std::string_view text);

/// `512`, `64k`, `16m`, `2g`: bytes.
core::Result<std::uint64_t> parse_size(std::string_view text);

/// `30`, `5min`, `2h`, `1d`: seconds.
core::Result<std::int64_t> parse_interval(std::string_view text);

/// `1h1m12.3s`, or digits for seconds: whole seconds.
core::Result<std::int64_t> parse_seconds(std::string_view text);

/// Words as a POSIX shell splits them: quotes and backslashes, no expansion.
core::Result<std::vector<std::string>> split_command(std::string_view text);

/// `[USER/]STACK[:VERSION]`
struct StackReference {
    std::string user;
    std::string stack;
    std::string version;
};

StackReference parse_stack_reference(std::string_view text);

/// With `:latest` when it has neither tag nor digest.
std::string with_tag(std::string_view image);

} // namespace kontena::stackfile
