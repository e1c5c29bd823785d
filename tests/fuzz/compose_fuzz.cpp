#include "core/yaml/load.hpp"
#include "stackfile/compose/convert.hpp"
#include "stackfile/grid/grid_file.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

void expect(bool holds) {
    if (!holds) std::abort();
}

} // namespace

/// Any text is a Compose file or says why not; what comes out is YAML. The same text as a grid file
/// gives a grid file or errors.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace kontena;
    std::string const text(reinterpret_cast<char const*>(data), size);
    auto const made =
        stackfile::compose::convert(text, "docker-compose.yml", {.otherwise = "fuzz"});
    expect(made.text.empty() != made.errors.empty());
    if (!made.text.empty() && made.text.size() < yaml::kMaxBytes)
        expect(yaml::load(made.text, "kontena.yml").has_value());
    auto const grid = stackfile::grid::read(text, "grid.yml");
    expect(grid.file.has_value() == grid.errors.empty());
    return 0;
}
