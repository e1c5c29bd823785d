#include "stackfile/compose/names.hpp"

#include "core/base/ids.hpp"

#include <fmt/format.h>

namespace kontena::stackfile::compose {
namespace {

constexpr std::size_t kLongest = 60; ///< leaves room for a number behind it

std::string allowed(std::string_view name) {
    if (core::valid_name(name)) return std::string(name);
    std::string out;
    for (char const c : name) {
        auto const one = core::valid_name(std::string{'a', c}) ? c : '-';
        if ((one != '-' || !out.empty()) && out.size() < kLongest) out += one;
    }
    return out.empty() ? "unnamed" : out;
}

} // namespace

std::string const& Names::of(std::string const& name) {
    auto const known = made_.find(name);
    if (known != made_.end()) return known->second;
    auto const base = allowed(name);
    auto own = base;
    for (int i = 2; !taken_.insert(own).second; ++i)
        own = fmt::format("{}-{}", base.substr(0, kLongest), i);
    return made_.emplace(name, std::move(own)).first->second;
}

} // namespace kontena::stackfile::compose
