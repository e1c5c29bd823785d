#include "core/json/codec.hpp"

#include "core/base/strings.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/src.hpp>

#include <algorithm>

namespace kontena::json {
namespace bj = boost::json;

Result<bj::value> parse(std::string_view text) {
    bj::error_code ec;
    bj::parse_options options;
    options.max_depth = 64;
    bj::stream_parser parser({}, options);
    auto const used = parser.write_some(text.data(), text.size(), ec);
    if (!ec) parser.finish(ec);
    auto const rest = text.substr(std::min(used, text.size()));
    if (!ec && rest.find_first_not_of(" \t\r\n") != std::string_view::npos)
        ec = bj::error::extra_data;
    if (!ec) return parser.release();
    auto const upto = text.substr(0, std::min(used, text.size()));
    Issue where{.reason = ec.message()};
    where.line = 1 + static_cast<int>(std::ranges::count(upto, '\n'));
    where.column = 1 + static_cast<int>(upto.size() - std::min(upto.size(), upto.rfind('\n') + 1));
    return core::fail(
        Errc::invalid,
        fmt::format(
            "not valid JSON at line {}, column {}: {}", where.line, where.column, ec.message()
        ),
        {where}
    );
}

std::string serialize(bj::value const& value) { return bj::serialize(value); }

namespace {

void print(bj::value const& v, std::string const& indent, std::string& out) {
    auto const deeper = indent + "  ";
    if (auto const* object = v.if_object(); object != nullptr && !object->empty()) {
        out += "{\n";
        for (auto it = object->begin(); it != object->end(); ++it) {
            out += deeper + bj::serialize(it->key()) + ": ";
            print(it->value(), deeper, out);
            out += std::next(it) == object->end() ? "\n" : ",\n";
        }
        out += indent + "}";
    } else if (auto const* array = v.if_array(); array != nullptr && !array->empty()) {
        out += "[\n";
        for (auto it = array->begin(); it != array->end(); ++it) {
            out += deeper;
            print(*it, deeper, out);
            out += std::next(it) == array->end() ? "\n" : ",\n";
        }
        out += indent + "]";
    } else {
        out += bj::serialize(v);
    }
}

} // namespace

std::string pretty(bj::value const& value) {
    std::string out;
    print(value, "", out);
    return out + "\n";
}

namespace detail {

bool read_bool(Reader& in, bj::value const& v, bool& out) {
    if (auto const* b = v.if_bool()) return out = *b, true;
    return in.refuse("must be true or false"), false;
}

bool read_int(
    Reader& in, bj::value const& v, std::int64_t min, std::uint64_t max, std::uint64_t& bits
) {
    auto const refuse = [&] {
        return in.refuse(fmt::format("must be an integer from {} to {}", min, max)), false;
    };
    if (auto const* i = v.if_int64()) {
        if (*i < min || (*i >= 0 && static_cast<std::uint64_t>(*i) > max)) return refuse();
        return bits = static_cast<std::uint64_t>(*i), true;
    }
    if (auto const* u = v.if_uint64()) {
        if (*u > max) return refuse();
        return bits = *u, true;
    }
    return refuse();
}

bool read_double(Reader& in, bj::value const& v, double& out) {
    if (auto const* d = v.if_double()) return out = *d, true;
    if (auto const* i = v.if_int64()) return out = static_cast<double>(*i), true;
    if (auto const* u = v.if_uint64()) return out = static_cast<double>(*u), true;
    return in.refuse("must be a number"), false;
}

bool read_string(Reader& in, bj::value const& v, std::string& out) {
    if (auto const* s = v.if_string()) return out = std::string(*s), true;
    return in.refuse("must be a string"), false;
}

bool read_time(Reader& in, bj::value const& v, core::TimePoint& out) {
    std::string text;
    if (!read_string(in, v, text)) return false;
    auto const time = core::parse_time(text);
    if (!time) return in.refuse(time.error().message), false;
    return out = *time, true;
}

void refuse_unknown(
    Reader& in, bj::object const& object, std::vector<std::string_view> const& known
) {
    for (auto const& [key, value] : object) {
        std::string_view const name = key;
        if (std::ranges::find(known, name) != known.end()) continue;
        in.within(name, [&] { in.refuse("unknown key" + core::suggestion(name, known)); });
    }
}

} // namespace detail
} // namespace kontena::json
