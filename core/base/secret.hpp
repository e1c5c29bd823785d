#pragma once

#include <utility>

namespace kontena::core {

/// A value that must not reach a log, an error or a JSON document: it has no formatter and no
/// encoder. `reveal()` marks each place where it is used on purpose.
template <class T>
class Secret {
public:
    Secret() = default;

    explicit Secret(T value)
        : value_(std::move(value)) {}

    T const& reveal() const { return value_; }

    bool empty() const { return value_.empty(); }

private:
    T value_;
};

} // namespace kontena::core
