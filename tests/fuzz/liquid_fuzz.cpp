#include "stackfile/liquid/limits.hpp"
#include "stackfile/liquid/liquid.hpp"
#include "stackfile/liquid/mask.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

using namespace kontena::stackfile;

Value text(char const* value) { return std::string(value); }

liquid::Context context() {
    return {
        .values =
            {{"a", text("text of a")},
             {"b", true},
             {"c", Value{}},
             {"f", 2.5},
             {"l", List{text("x"), text("y"), std::int64_t{3}, List{text("z")}}},
             {"n", std::int64_t{3}},
             {"x", Value{}}},
        .broken = {"x"},
    };
}

void require(bool law) {
    if (!law) std::abort();
}

} // namespace

/// Any text is a template: rendering it ends, keeps to its limits, and knows where its bytes are
/// from. What is no template stays as it is.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static auto const variables = context();
    std::string const source(reinterpret_cast<char const*>(data), size);
    LineIndex const lines(source);
    Report report(lines, "fuzz");
    auto const mapped = MappedText::identity(source);
    auto const out = liquid::render(mapped, lines, variables, report);
    auto const& rendered = out.text.text();
    require(rendered.size() <= liquid::kMaxOutput);
    require(out.whole || report.has_errors() || source.find('x') != std::string::npos);
    if (liquid::is_plain(source)) require(rendered == source && !report.has_errors());
    for (std::size_t i = 0; i < rendered.size(); i += 1 + rendered.size() / 64)
        require(out.text.origin(i) < size);
    liquid::Mask const mask(mapped);
    require(mask.lift(mask.text().text()).size() <= size);
    return 0;
}
