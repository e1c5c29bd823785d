#pragma once

#include "core/base/ids.hpp"
#include "core/base/result.hpp"
#include "core/base/time.hpp"

#include <boost/describe.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>

#include <concepts>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// JSON <-> described structs. One description (BOOST_DESCRIBE_STRUCT) serves the API, the agent
/// channel and the store. Enumerators are written as their names; an empty optional is `null`;
/// times are ISO 8601, durations are integers of their own unit, ids are strings.
namespace kontena::json {

using core::Errc;
using core::Issue;
using core::Result;

/// What a decoder does with a member that the struct does not have.
enum class Unknown {
    ignore, ///< wire and stored documents: a newer writer may have added it
    refuse, ///< configuration and user input: probably a typing error
};

/// Text -> value, with a clear error; at most 64 levels deep.
Result<boost::json::value> parse(std::string_view text);
std::string serialize(boost::json::value const& value);
/// Indented by two spaces, keys in the order of the value.
std::string pretty(boost::json::value const& value);

namespace detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_map = false;
template <class V>
inline constexpr bool is_map<std::map<std::string, V>> = true;
template <class T>
inline constexpr bool is_shared = false;
template <class T>
inline constexpr bool is_shared<std::shared_ptr<T const>> = true;
template <class T>
inline constexpr bool is_duration = false;
template <class R, class P>
inline constexpr bool is_duration<std::chrono::duration<R, P>> = true;
template <class T>
inline constexpr bool is_id = false;
template <class Tag>
inline constexpr bool is_id<core::Id<Tag>> = true;

template <class T>
using members = boost::describe::
    describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

/// Collects issues with the path to where each one was found.
class Reader {
public:
    explicit Reader(Unknown unknown)
        : unknown_(unknown) {}

    Unknown unknown() const { return unknown_; }

    std::vector<Issue>& issues() { return issues_; }

    void refuse(std::string reason) {
        issues_.push_back({.path = path_, .reason = std::move(reason)});
    }

    template <class F>
    void within(std::string_view segment, F&& f) {
        auto const size = path_.size();
        path_ += '/';
        path_ += segment;
        f();
        path_.resize(size);
    }

private:
    Unknown unknown_;
    std::string path_;
    std::vector<Issue> issues_;
};

bool read_bool(Reader& in, boost::json::value const& v, bool& out);
bool read_int(
    Reader& in,
    boost::json::value const& v,
    std::int64_t min,
    std::uint64_t max,
    std::uint64_t& bits
);
bool read_double(Reader& in, boost::json::value const& v, double& out);
bool read_string(Reader& in, boost::json::value const& v, std::string& out);
bool read_time(Reader& in, boost::json::value const& v, core::TimePoint& out);
void refuse_unknown(
    Reader& in, boost::json::object const& object, std::vector<std::string_view> const& known
);

/// A trailing underscore sets an enumerator apart from a keyword of C++; the wire has none.
constexpr std::string_view wire_word(std::string_view enumerator) {
    if (enumerator.ends_with('_')) enumerator.remove_suffix(1);
    return enumerator;
}

} // namespace detail

template <class T>
boost::json::value encode(T const& x);

template <class E>
    requires std::is_enum_v<E>
std::string_view enum_name(E e) {
    std::string_view out = "?";
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto d) {
        if (e == d.value) out = detail::wire_word(d.name);
    });
    return out;
}

template <class E>
    requires std::is_enum_v<E>
std::optional<E> enum_from(std::string_view name) {
    std::optional<E> out;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto d) {
        if (name == detail::wire_word(d.name)) out = d.value;
    });
    return out;
}

/// `a, b or c`: the names of an enumeration, for messages.
template <class E>
    requires std::is_enum_v<E>
std::string enum_choices() {
    std::vector<std::string_view> names;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto d) {
        names.push_back(detail::wire_word(d.name));
    });
    std::string out;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
        out += names[i];
    }
    return out;
}

template <class T>
boost::json::value encode(T const& x) {
    namespace bj = boost::json;
    if constexpr (std::same_as<T, bj::value> || std::same_as<T, bj::object> ||
                  std::same_as<T, bj::array>) {
        return x;
    } else if constexpr (std::same_as<T, bool> || std::floating_point<T>) {
        return x;
    } else if constexpr (std::is_enum_v<T>) {
        return bj::string(enum_name(x));
    } else if constexpr (std::unsigned_integral<T>) {
        return std::uint64_t(x);
    } else if constexpr (std::integral<T>) {
        return std::int64_t(x);
    } else if constexpr (std::convertible_to<T const&, std::string_view>) {
        return bj::string(std::string_view(x));
    } else if constexpr (detail::is_id<T>) {
        return bj::string(x.str());
    } else if constexpr (std::same_as<T, core::TimePoint>) {
        return bj::string(core::format_time(x));
    } else if constexpr (detail::is_duration<T>) {
        return std::int64_t(x.count());
    } else if constexpr (detail::is_optional<T> || detail::is_shared<T>) {
        return x ? encode(*x) : bj::value(nullptr);
    } else if constexpr (detail::is_vector<T>) {
        bj::array out;
        out.reserve(x.size());
        for (auto const& item : x) out.push_back(encode(item));
        return out;
    } else if constexpr (detail::is_map<T>) {
        bj::object out;
        for (auto const& [key, item] : x) out.emplace(key, encode(item));
        return out;
    } else {
        bj::object out;
        boost::mp11::mp_for_each<detail::members<T>>([&](auto d) {
            out.emplace(d.name, encode(x.*d.pointer));
        });
        return out;
    }
}

namespace detail {

template <class T>
bool read(Reader& in, boost::json::value const& v, T& out);

template <class T>
bool read_integral(Reader& in, boost::json::value const& v, T& out) {
    std::uint64_t bits = 0;
    auto const min = static_cast<std::int64_t>(std::numeric_limits<T>::min());
    if (!read_int(in, v, min, static_cast<std::uint64_t>(std::numeric_limits<T>::max()), bits))
        return false;
    out = static_cast<T>(bits);
    return true;
}

template <class E>
bool read_enum(Reader& in, boost::json::value const& v, E& out) {
    std::string text;
    if (!read_string(in, v, text)) return false;
    auto const found = enum_from<E>(text);
    if (!found) in.refuse(fmt::format("'{}' is not one of {}", text, enum_choices<E>()));
    if (found) out = *found;
    return found.has_value();
}

template <class T>
bool read_vector(Reader& in, boost::json::value const& v, std::vector<T>& out) {
    auto const* array = v.if_array();
    if (array == nullptr) return in.refuse("must be a list"), false;
    out.clear();
    out.reserve(array->size());
    bool ok = true;
    for (std::size_t i = 0; i < array->size(); ++i) {
        in.within(std::to_string(i), [&] {
            T item{};
            ok = read(in, (*array)[i], item) && ok;
            out.push_back(std::move(item));
        });
    }
    return ok;
}

template <class V>
bool read_map(Reader& in, boost::json::value const& v, std::map<std::string, V>& out) {
    auto const* object = v.if_object();
    if (object == nullptr) return in.refuse("must be an object"), false;
    out.clear();
    bool ok = true;
    for (auto const& [key, item] : *object) {
        in.within(key, [&] { ok = read(in, item, out[std::string(key)]) && ok; });
    }
    return ok;
}

template <class T>
bool read_struct(Reader& in, boost::json::value const& v, T& out) {
    auto const* object = v.if_object();
    if (object == nullptr) return in.refuse("must be an object"), false;
    bool ok = true;
    std::vector<std::string_view> known;
    boost::mp11::mp_for_each<members<T>>([&](auto d) {
        known.push_back(d.name);
        auto const* member = object->if_contains(d.name);
        if (member == nullptr) return;
        using M = std::remove_cvref_t<decltype(out.*d.pointer)>;
        if (member->is_null() && !is_optional<M> && !is_shared<M> &&
            !std::same_as<M, boost::json::value>)
            return;
        in.within(d.name, [&] { ok = read(in, *member, out.*d.pointer) && ok; });
    });
    if (in.unknown() == Unknown::refuse) refuse_unknown(in, *object, known);
    return ok;
}

template <class T>
bool read(Reader& in, boost::json::value const& v, T& out) {
    if constexpr (std::same_as<T, boost::json::value>) {
        return out = v, true;
    } else if constexpr (std::same_as<T, bool>) {
        return read_bool(in, v, out);
    } else if constexpr (std::is_enum_v<T>) {
        return read_enum(in, v, out);
    } else if constexpr (std::integral<T>) {
        return read_integral(in, v, out);
    } else if constexpr (std::floating_point<T>) {
        double wide = 0;
        if (!read_double(in, v, wide)) return false;
        return out = T(wide), true;
    } else if constexpr (std::same_as<T, std::string>) {
        return read_string(in, v, out);
    } else if constexpr (is_id<T>) {
        std::string text;
        if (!read_string(in, v, text)) return false;
        return out = T(std::move(text)), true;
    } else if constexpr (std::same_as<T, core::TimePoint>) {
        return read_time(in, v, out);
    } else if constexpr (is_duration<T>) {
        typename T::rep count{};
        if (!read_integral(in, v, count)) return false;
        return out = T(count), true;
    } else if constexpr (is_optional<T>) {
        if (v.is_null()) return out.reset(), true;
        return read(in, v, out.emplace());
    } else if constexpr (is_shared<T>) {
        if (v.is_null()) return out.reset(), true;
        std::remove_const_t<typename T::element_type> item{};
        auto const ok = read(in, v, item);
        out = std::make_shared<typename T::element_type>(std::move(item));
        return ok;
    } else if constexpr (is_vector<T>) {
        return read_vector(in, v, out);
    } else if constexpr (is_map<T>) {
        return read_map(in, v, out);
    } else {
        return read_struct(in, v, out);
    }
}

} // namespace detail

/// Value -> struct. Absent and null members keep their defaults; every problem is reported, with
/// its JSON pointer. What must be present is a matter of validation, not of decoding.
template <class T>
Result<T> decode(boost::json::value const& v, Unknown unknown = Unknown::ignore) {
    detail::Reader in(unknown);
    T out{};
    detail::read(in, v, out);
    if (in.issues().empty()) return out;
    return core::fail(
        Errc::invalid, "the document does not have the expected form", std::move(in.issues())
    );
}

/// Text -> struct.
template <class T>
Result<T> decode_text(std::string_view text, Unknown unknown = Unknown::ignore) {
    KTRY(auto const value, parse(text));
    return decode<T>(value, unknown);
}

/// Struct -> text.
template <class T>
std::string encode_text(T const& x) {
    return serialize(encode(x));
}

} // namespace kontena::json
