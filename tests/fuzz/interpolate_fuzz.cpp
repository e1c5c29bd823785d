#include "stackfile/interpolate.hpp"
#include "stackfile/variables/evaluate.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using namespace kontena;
using namespace kontena::stackfile;

/// A few names with values that are hard on the YAML around them.
std::optional<Value> lookup(std::string_view name) {
    if (name == "a") return Value("it's: \"a\" # b\n");
    if (name == "n") return Value(std::int64_t{-5});
    if (name == "l") return Value(List{Value("x"), Value(List{Value{}, Value(true)})});
    if (name == "e") return Value();
    return std::nullopt;
}

void expect(bool holds) {
    if (!holds) std::abort();
}

void interpolate_document(std::string const& text) {
    LineIndex const lines(text);
    Report report(lines, "fuzz.yml");
    Names const names{.lookup = lookup, .declared = {"a", "n", "l", "e"}, .broken = {}};
    auto const source = MappedText::identity(text);
    auto const rendered = interpolate(source, lines, names, report);
    for (std::size_t i = 0; i <= rendered.text().size(); i += 7)
        expect(rendered.origin(i) <= text.size());
    for (auto const& issue : report.take_errors()) expect(!issue.reason.empty());
    auto const half = text.size() / 2;
    auto const in_section = [&](std::size_t offset, std::string_view) { expect(offset < half); };
    (void)interpolate_definitions(source, {.from = 0, .to = half}, lookup, in_section);
}

void expand_text(std::string const& text) {
    auto const out = expand(text, [](std::string_view name) -> core::Result<std::string> {
        auto const value = lookup(name);
        if (!value) return core::fail(core::Errc::not_found, std::string(name));
        return to_text(*value);
    });
    if (text.find('$') == std::string::npos) expect(out && *out == text);
}

} // namespace

/// Interpolation and arithmetic take any text, and give a result or an error.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string const text(reinterpret_cast<char const*>(data), size);
    interpolate_document(text);
    expand_text(text);
    auto const sum = evaluate(text);
    expect(!sum || !is_null(*sum));
    return 0;
}
