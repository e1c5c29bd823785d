#include "stackfile/liquid/date.hpp"
#include "stackfile/liquid/filters.hpp"
#include "stackfile/liquid/filters/argument.hpp"

#include <array>

namespace kontena::stackfile::liquid::filters {
namespace {

core::Result<Data> date(Data const& input, Arguments arguments) {
    auto const format = to_text(arguments[0]);
    if (is_null(input) || format.empty()) return input;
    KTRY(auto const moment, read_moment(input));
    KTRY(auto text, format_moment(moment, format));
    return make_text(std::move(text));
}

constexpr std::array<Filter, 1> kFilters{{{"date", 1, 1, date}}};

} // namespace

std::span<Filter const> dates() { return kFilters; }

} // namespace kontena::stackfile::liquid::filters
