#pragma once

#include "core/base/result.hpp"
#include "stackfile/outside.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::stackfile {

inline constexpr std::int64_t kMaxRandomLength = 4096; ///< of a `random_string`

/// The characters that a charset stands for, each once: a name such as `hex`, a range such as
/// `a-f`, or the text itself.
std::vector<std::string> charset(std::string_view name);

/// Fair choices made of the unpredictable bytes of the outside.
class Dice {
public:
    explicit Dice(Outside& outside)
        : outside_(outside) {}

    /// 0 … count - 1, each as likely; `count` 0 stands for 2^64.
    core::Result<std::uint64_t> below(std::uint64_t count);

    /// `length` characters of a charset.
    core::Result<std::string> text(std::int64_t length, std::vector<std::string> const& characters);

    /// `min` … `max`, both included.
    core::Result<std::int64_t> between(std::int64_t min, std::int64_t max);

    /// RFC 4122, version 4.
    core::Result<std::string> uuid();

private:
    /// The next `bytes` bytes as one number.
    core::Result<std::uint64_t> draw(int bytes);

    Outside& outside_;
    std::string pool_; ///< drawn and not used yet
};

} // namespace kontena::stackfile
