#pragma once

#include "core/base/result.hpp"
#include "core/crypto/digest.hpp"
#include "stackfile/validate/checker.hpp"
#include "stackfile/variables/value.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The types that a variable can have, one struct per type with the options of it.
namespace kontena::stackfile {

/// Why a value is refused. `check` is the name of the rule, empty when the value cannot be read as
/// the type at all.
struct Refusal {
    std::string check;
    std::string reason;
};

/// How messages may speak of a value.
enum class Show { plain, hidden };

/// `'x'`, or `the value` when it is not to be seen.
std::string shown(Value const& value, Show show);

/// A sanitised value, and what is odd about the raw one: shown as a warning.
struct Sanitised {
    Value value;
    std::string oddity = {};
};

struct StringType {
    bool empty_is_nil = true;
    bool encode_64 = false;
    bool decode_64 = false;
    bool upcase = false;
    bool downcase = false;
    bool strip = false;
    bool chomp = false;
    bool capitalize = false;
    bool echo = true;
    std::optional<crypto::Hash> hexdigest;
    std::optional<std::int64_t> min_length;
    std::optional<std::int64_t> max_length;

    static StringType read(yaml::YamlNode const& map);
    core::Result<Sanitised> sanitise(Value const& raw, Show show) const;
    std::optional<Refusal> refuse(Value const& value, Show show) const;
    bool truthy(Value const& value) const;
};

struct IntegerType {
    std::int64_t min = 0;
    std::optional<std::int64_t> max;
    bool nil_is_zero = false;

    static IntegerType read(yaml::YamlNode const& map);
    core::Result<Sanitised> sanitise(Value const& raw, Show show) const;
    std::optional<Refusal> refuse(Value const& value, Show show) const;
    bool truthy(Value const& value) const;
};

struct BooleanType {
    std::vector<std::string> truthy_words; ///< lower case
    bool nil_is = false;
    bool blank_is = false;
    Value when_true = true; ///< what `as` makes of it
    Value when_false = false;

    static BooleanType read(yaml::YamlNode const& map);
    core::Result<Sanitised> sanitise(Value const& raw, Show show) const;
    std::optional<Refusal> refuse(Value const& value, Show show) const;
    bool truthy(Value const& value) const;
};

struct EnumType {
    struct Option {
        Value value;
        std::string label;
    };

    std::vector<Option> options;
    bool can_be_other = false;
    bool has_in = false; ///< `in` then says what is allowed

    static EnumType read(yaml::YamlNode const& map);
    core::Result<Sanitised> sanitise(Value const& raw, Show show) const;
    std::optional<Refusal> refuse(Value const& value, Show show) const;
    bool truthy(Value const& value) const;
};

struct UriType {
    std::vector<std::string> schemes; ///< lower case; empty = any

    static UriType read(yaml::YamlNode const& map);
    core::Result<Sanitised> sanitise(Value const& raw, Show show) const;
    std::optional<Refusal> refuse(Value const& value, Show show) const;
    bool truthy(Value const& value) const;
};

struct ArrayType {
    std::string split = ",";
    std::optional<std::string> join;
    bool sort = false;
    bool uniq = false;
    bool compact = false;
    bool count = false;
    bool empty_is_nil = false;

    static ArrayType read(yaml::YamlNode const& map);
    core::Result<Sanitised> sanitise(Value const& raw, Show show) const;
    std::optional<Refusal> refuse(Value const& value, Show show) const;
    bool truthy(Value const& value) const;
};

using VariableType =
    std::variant<StringType, IntegerType, BooleanType, EnumType, UriType, ArrayType>;

/// One type by its name in files: the options that it has, and how they are read.
struct TypeRules {
    std::string_view name;
    std::span<KeyRule const> options;
    VariableType (*read)(yaml::YamlNode const& map);
};

std::span<TypeRules const> type_rules();

/// What each type declares in its own file.
std::span<KeyRule const> string_options();
std::span<KeyRule const> integer_options();
std::span<KeyRule const> boolean_options();
std::span<KeyRule const> enum_options();
std::span<KeyRule const> uri_options();
std::span<KeyRule const> array_options();

core::Result<Sanitised> sanitise(VariableType const& type, Value const& raw, Show show);

/// For a sanitised value that is not null.
std::optional<Refusal> refuse(VariableType const& type, Value const& value, Show show);

/// What `only_if: name` asks of a sanitised value.
bool truthy(VariableType const& type, Value const& value);

/// Reading options that were checked before.
bool flag(yaml::YamlNode const& map, std::string_view key, bool otherwise = false);
std::optional<std::int64_t> number(yaml::YamlNode const& map, std::string_view key);

/// Spaces and line ends only.
bool is_blank(std::string_view text);
std::string lower(std::string_view text);

/// `small, medium or large`.
std::string not_listed(Value const& value, std::vector<Value> const& values, Show show);

} // namespace kontena::stackfile
