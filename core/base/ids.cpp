#include "core/base/ids.hpp"

#include <algorithm>

namespace kontena::core {

bool valid_name(std::string_view name) {
    auto const allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    };
    return !name.empty() && name.size() <= 63 && name.front() != '-' &&
           std::ranges::all_of(name, allowed);
}

} // namespace kontena::core
