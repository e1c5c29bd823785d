#pragma once

#include "core/base/result.hpp"
#include "stackfile/liquid/data.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace kontena::stackfile::liquid {

/// A moment and the zone that it is shown in.
struct Moment {
    std::int64_t seconds = 0; ///< since 1970 in UTC
    int milliseconds = 0;
    int offset = 0; ///< seconds that local time is ahead of UTC
};

/// Seconds since 1970, or `2017-01-31`, `2017-01-31 12:30[:45[.678]][ +02:00]`, also with a `T`
/// and a `Z`. Without a zone it is UTC: the same file means the same everywhere.
core::Result<Moment> read_moment(Data const& data);

/// The directives of strftime; unknown ones stay as they are.
core::Result<std::string> format_moment(Moment const& moment, std::string_view format);

} // namespace kontena::stackfile::liquid
