#pragma once

#include "core/base/result.hpp"
#include "stackfile/outside.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace kontena::stackfile {

/// Of what services take over from elsewhere: from `env_file`s, and from services that they extend.
/// Each service has a copy, so that small files could make much.
inline constexpr std::size_t kMaxCopiedBytes = 8'000'000;

/// The texts outside that one run refers to, each asked for once.
class Library {
public:
    explicit Library(Outside& outside)
        : outside_(outside) {}

    using Loaded = std::shared_ptr<Document const>;
    using Text = std::shared_ptr<std::string const>;

    core::Result<Loaded> load(Document const& from, std::string const& reference);
    core::Result<Text> beside(Document const& document, std::string const& path);
    std::optional<std::string> env(std::string const& name);

    /// Counts bytes that a service takes over; false when it is too much in all.
    bool charge(std::size_t bytes) {
        copied_ += std::min(bytes, kMaxCopiedBytes + 1);
        return copied_ <= kMaxCopiedBytes;
    }

    /// True once: what concerns all services is told of at the first that it is found at.
    bool tell_too_much() { return !std::exchange(told_, true); }

    /// For what is no file.
    Outside& outside() { return outside_; }

private:
    using Key = std::pair<std::string, std::string>; ///< reference of the file, what it names

    Outside& outside_;
    std::map<Key, core::Result<Loaded>> loaded_;
    std::map<Key, core::Result<Text>> texts_;
    std::map<std::string, std::optional<std::string>> env_;
    std::size_t copied_ = 0;
    bool told_ = false;
};

} // namespace kontena::stackfile
