#include "stackfile/liquid/data.hpp"

#include "core/base/strings.hpp"
#include "stackfile/liquid/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <compare>
#include <cstring>

namespace kontena::stackfile::liquid {
namespace {

double as_double(Data const& data) {
    if (auto const* integer = std::get_if<std::int64_t>(&data))
        return static_cast<double>(*integer);
    return std::get<double>(data);
}

bool is_number(Data const& data) {
    return std::holds_alternative<std::int64_t>(data) || std::holds_alternative<double>(data);
}

bool equal_lists(std::vector<Data> const& left, std::vector<Data> const& right) {
    return std::ranges::equal(left, right, equal);
}

struct FromValue {
    Data operator()(std::string const& text) const { return make_text(text); }

    Data operator()(List const& list) const {
        std::vector<Data> out;
        out.reserve(list.size());
        for (auto const& item : list) out.push_back(from_value(item));
        return make_list(std::move(out));
    }

    Data operator()(auto const& scalar) const { return scalar; }
};

struct TextForm {
    std::string& out;

    void operator()(std::monostate) const {}

    void operator()(bool value) const { out += value ? "true" : "false"; }

    void operator()(std::int64_t value) const { out += std::to_string(value); }

    void operator()(double value) const { out += decimal_text(value); }

    void operator()(std::shared_ptr<std::string const> const& text) const { out += *text; }

    void operator()(std::shared_ptr<Items const> const& items) const {
        for (auto const& item : items->list) std::visit(*this, item);
    }

    void operator()(Range const& range) const {
        out += fmt::format("{}..{}", range.first, range.last);
    }
};

void flatten(std::vector<Data> const& list, std::vector<Data>& out) {
    for (auto const& item : list) {
        if (auto const* inner = list_of(item))
            flatten(*inner, out);
        else
            out.push_back(item);
    }
}

} // namespace

Data make_text(std::string text) { return std::make_shared<std::string const>(std::move(text)); }

Data make_list(std::vector<Data> list) {
    auto items = std::make_shared<Items>();
    for (auto const& item : list) items->weight += kMinItemWeight + weight(item);
    items->list = std::move(list);
    return std::shared_ptr<Items const>(std::move(items));
}

Data from_value(Value const& value) { return std::visit(FromValue{}, value); }

std::string const* text_of(Data const& data) {
    auto const* text = std::get_if<std::shared_ptr<std::string const>>(&data);
    return text == nullptr ? nullptr : text->get();
}

std::vector<Data> const* list_of(Data const& data) {
    auto const* items = std::get_if<std::shared_ptr<Items const>>(&data);
    return items == nullptr ? nullptr : &(*items)->list;
}

std::string_view describe(Data const& data) {
    static constexpr std::array<std::string_view, std::variant_size_v<Data::variant>> kNames{
        "null", "a boolean", "an integer", "a decimal", "text", "a list", "a range"
    };
    return kNames.at(data.index());
}

std::size_t weight(Data const& data) {
    if (auto const* text = text_of(data)) return text->size();
    auto const* items = std::get_if<std::shared_ptr<Items const>>(&data);
    return items == nullptr ? 0 : (*items)->weight;
}

bool truthy(Data const& data) {
    auto const* boolean = std::get_if<bool>(&data);
    return boolean == nullptr ? !is_null(data) : *boolean;
}

bool is_empty(Data const& data) {
    if (auto const* text = text_of(data)) return text->empty();
    auto const* list = list_of(data);
    return list != nullptr && list->empty();
}

bool is_blank(Data const& data) {
    if (auto const* text = text_of(data)) return core::trim(*text).empty();
    return !truthy(data) || is_empty(data);
}

bool equal(Data const& left, Data const& right) {
    if (is_number(left) && is_number(right)) return compare(left, right) == 0;
    if (left.index() != right.index()) return false;
    if (auto const* text = text_of(left)) return *text == *text_of(right);
    if (auto const* list = list_of(left)) return equal_lists(*list, *list_of(right));
    if (auto const* boolean = std::get_if<bool>(&left)) return *boolean == std::get<bool>(right);
    if (auto const* range = std::get_if<Range>(&left)) {
        auto const& other = std::get<Range>(right);
        return range->first == other.first && range->last == other.last;
    }
    return true;
}

std::partial_ordering compare(Data const& left, Data const& right) {
    auto const* a = std::get_if<std::int64_t>(&left);
    auto const* b = std::get_if<std::int64_t>(&right);
    if (a != nullptr && b != nullptr) return *a <=> *b;
    if (is_number(left) && is_number(right)) return as_double(left) <=> as_double(right);
    auto const* text = text_of(left);
    auto const* other = text_of(right);
    if (text != nullptr && other != nullptr) return *text <=> *other;
    return std::partial_ordering::unordered;
}

bool contains(Data const& whole, Data const& part) {
    if (!truthy(whole) || !truthy(part)) return false;
    if (auto const* text = text_of(whole)) {
        if (auto const* other = text_of(part)) return find(*text, *other) != std::string::npos;
        return find(*text, to_text(part)) != std::string::npos;
    }
    if (auto const* list = list_of(whole))
        return std::ranges::any_of(*list, [&](Data const& item) { return equal(item, part); });
    auto const* range = std::get_if<Range>(&whole);
    if (range == nullptr || !is_number(part)) return false;
    return compare(part, range->first) >= 0 && compare(part, range->last) <= 0;
}

std::string to_text(Data const& data) {
    if (auto const* text = text_of(data)) return *text;
    std::string out;
    std::visit(TextForm{out}, data);
    return out;
}

core::Result<std::vector<Data>> to_items(Data const& data) {
    std::vector<Data> out;
    if (auto const* list = list_of(data)) {
        flatten(*list, out);
    } else if (auto const* range = std::get_if<Range>(&data)) {
        if (range->size() > kMaxIterations)
            return core::fail(
                core::Errc::invalid,
                fmt::format("the range {} has more than {} numbers", to_text(data), kMaxIterations)
            );
        for (std::uint64_t i = 0; i < range->size(); ++i)
            out.emplace_back(range->first + static_cast<std::int64_t>(i));
    } else if (!is_null(data)) {
        out.push_back(data);
    }
    return out;
}

std::size_t find(std::string_view whole, std::string_view part, std::size_t from) {
    if (from > whole.size()) return std::string_view::npos;
    if (part.empty()) return from;
    // std::string_view::find takes quadratic time for unlucky texts.
    auto const* found = memmem(whole.data() + from, whole.size() - from, part.data(), part.size());
    if (found == nullptr) return std::string_view::npos;
    return static_cast<std::size_t>(static_cast<char const*>(found) - whole.data());
}

} // namespace kontena::stackfile::liquid
