#include "stackfile/outside.hpp"

#include <fmt/format.h>

namespace kontena::stackfile {

using core::Errc;
using core::Result;

std::optional<std::string> Outside::env(std::string_view) { return std::nullopt; }

Result<std::string> Outside::file(std::string const& path) {
    return core::fail(Errc::unsupported, fmt::format("{}: no files can be read here", path));
}

Result<std::string> Outside::beside(Document const&, std::string const& path) {
    return core::fail(Errc::unsupported, fmt::format("{}: no files can be read here", path));
}

Result<Document> Outside::load(Document const&, std::string const& reference) {
    return core::fail(
        Errc::unsupported, fmt::format("{}: no other stack files can be read here", reference)
    );
}

Result<Value> Outside::ask(Question const&) { return Value{}; }

Result<std::string> Outside::random(std::size_t) {
    return core::fail(Errc::unsupported, "no random values can be made here");
}

Result<Value> Outside::secret(std::string const&) { return Value{}; }

Result<std::vector<std::string>> Outside::secret_names() { return std::vector<std::string>{}; }

Result<std::vector<std::string>> Outside::certificate_subjects() {
    return std::vector<std::string>{};
}

Result<std::vector<OfferedService>> Outside::services() { return std::vector<OfferedService>{}; }

Result<Value> Outside::service_instances(std::string const&, std::string const&) { return Value{}; }

} // namespace kontena::stackfile
