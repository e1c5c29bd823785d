#pragma once

#include "core/base/result.hpp"
#include "stackfile/variables/value.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace kontena::stackfile::liquid {

/// `(first..last)`, which is never built; empty when `last` is smaller.
struct Range {
    std::int64_t first = 0;
    std::int64_t last = -1;

    std::uint64_t size() const {
        return last < first
                   ? 0
                   : static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first) + 1;
    }
};

struct Items;

/// A value while a template runs: immutable, and shared when large, so that copies cost nothing.
struct Data : std::variant<
                  std::monostate,
                  bool,
                  std::int64_t,
                  double,
                  std::shared_ptr<std::string const>,
                  std::shared_ptr<Items const>,
                  Range> {
    using variant::variant;
};

struct Items {
    std::vector<Data> list;
    std::size_t weight = 0;
};

Data make_text(std::string text);
Data make_list(std::vector<Data> list);
Data from_value(Value const& value);

inline bool is_null(Data const& data) { return std::holds_alternative<std::monostate>(data); }

/// nullptr for other kinds.
std::string const* text_of(Data const& data);
std::vector<Data> const* list_of(Data const& data);

/// "text", "a list", …: for messages.
std::string_view describe(Data const& data);

/// About how many bytes a look at all of it reads.
std::size_t weight(Data const& data);

/// Only null and false are not.
bool truthy(Data const& data);
/// Texts and lists without content.
bool is_empty(Data const& data);
/// Also null, false and texts of white space.
bool is_blank(Data const& data);

/// Integers and decimals compare as numbers; values of different kinds are different.
bool equal(Data const& left, Data const& right);

/// Order of two numbers or two texts, by bytes; unordered for anything else.
std::partial_ordering compare(Data const& left, Data const& right);

/// A text has a part, a list or range an item.
bool contains(Data const& whole, Data const& part);

/// How it is rendered: null is empty, decimals keep a decimal point, lists are their items one
/// after the other.
std::string to_text(Data const& data);

/// The items that list filters work on: those of lists within it too, a text is one item, null
/// is none. Fails for ranges that are too long.
core::Result<std::vector<Data>> to_items(Data const& data);

/// Where `part` first stands in `whole`, npos when it does not: in linear time, whatever they are.
std::size_t find(std::string_view whole, std::string_view part, std::size_t from = 0);

} // namespace kontena::stackfile::liquid
