#include "stackfile/liquid/filters.hpp"

#include <algorithm>
#include <array>

namespace kontena::stackfile::liquid {
namespace {

std::array<std::span<Filter const>, 5> parts() {
    return {
        filters::text(), filters::markup(), filters::numbers(), filters::lists(), filters::dates()
    };
}

} // namespace

Filter const* find_filter(std::string_view name) {
    for (auto const part : parts()) {
        auto const found = std::ranges::find(part, name, &Filter::name);
        if (found != part.end()) return &*found;
    }
    return nullptr;
}

std::vector<std::string_view> filter_names() {
    std::vector<std::string_view> out;
    for (auto const part : parts())
        for (auto const& filter : part) out.push_back(filter.name);
    return out;
}

} // namespace kontena::stackfile::liquid
