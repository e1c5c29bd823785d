#pragma once

#include "core/base/error.hpp"

#include <tl/expected.hpp>

#include <utility>

namespace kontena::core {

/// A value or an Error. tl::expected wrapped so that ignoring one is a warning, and so that
/// std::expected can take its place in this one file.
template <class T = void>
class [[nodiscard]] Result : public tl::expected<T, Error> {
public:
    using Base = tl::expected<T, Error>;
    using Base::Base;

    Result(Error error)
        : Base(tl::unexpect, std::move(error)) {} // NOLINT(google-explicit-constructor)
};

/// Builds a failed Result of any type: `return fail(Errc::not_found, "no grid prod")`.
inline Error fail(Errc code, std::string message, std::vector<Issue> issues = {}) {
    return Error(code, std::move(message), std::move(issues));
}

} // namespace kontena::core

#define KONTENA_CONCAT_(a, b) a##b
#define KONTENA_CONCAT(a, b) KONTENA_CONCAT_(a, b)

/// `KTRY(auto x, f());` declares x with the value of f(), or returns its error.
#define KTRY(declaration, ...)                                                                     \
    KONTENA_TRY_(declaration, KONTENA_CONCAT(ktry_, __LINE__), return, __VA_ARGS__)
/// The same inside a coroutine.
#define KCO_TRY(declaration, ...)                                                                  \
    KONTENA_TRY_(declaration, KONTENA_CONCAT(ktry_, __LINE__), co_return, __VA_ARGS__)
#define KONTENA_TRY_(declaration, name, leave, ...)                                                \
    auto name = (__VA_ARGS__);                                                                     \
    if (!name) leave std::move(name).error();                                                      \
    declaration = std::move(*name)

/// For Result<void>: returns its error, if it has one.
#define KCHECK(...)                                                                                \
    if (auto kcheck_ = (__VA_ARGS__); !kcheck_) return std::move(kcheck_).error()
#define KCO_CHECK(...)                                                                             \
    if (auto kcheck_ = (__VA_ARGS__); !kcheck_) co_return std::move(kcheck_).error()
