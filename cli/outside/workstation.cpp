#include "cli/outside/workstation.hpp"

#include "cli/outside/questions.hpp"
#include "core/crypto/digest.hpp"
#include "stackfile/path.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace kontena::cli {

using core::Result;
using stackfile::Document;
using stackfile::Value;

namespace {

constexpr auto kRegistry = "https://stacks.kontena.io";

ShelfOptions shelf_options(Context const& context) {
    auto const home = context.env("HOME").value_or("");
    auto registry = context.env("KONTENA_STACK_REGISTRY_URL").value_or("");
    while (registry.ends_with('/')) registry.pop_back();
    return {
        .fetch = context.fetch,
        .registry = registry.empty() ? kRegistry : registry,
        .cache = home.empty() ? std::filesystem::path()
                              : std::filesystem::path(home) / ".kontena" / "cache" / "stacks",
    };
}

} // namespace

Workstation::Workstation(Context& context, GridData* grid)
    : context_(context)
    , grid_(grid)
    , shelf_(shelf_options(context)) {}

std::optional<std::string> Workstation::env(std::string_view name) {
    if (grid_ == nullptr && name == "PLATFORM") return "validate-platform";
    return context_.env(name);
}

Result<std::string> Workstation::file(std::string const& path) { return read_text_file(path); }

Result<std::string> Workstation::beside(Document const& document, std::string const& path) {
    if (document.directory.empty())
        return core::fail(
            core::Errc::unsupported,
            fmt::format(
                "{}: {} is not on this machine, so nothing is beside it", path, document.file
            )
        );
    auto text = read_text_file(stackfile::join_path(document.directory, path));
    if (text)
        texts_.insert_or_assign(
            stackfile::join_path(stackfile::folder_of(document.file), path), *text
        );
    return text;
}

Result<Document> Workstation::load(Document const& from, std::string const& reference) {
    auto document = shelf_.load(from, reference);
    if (document) texts_.insert_or_assign(document->file, document->text);
    return document;
}

Result<Value> Workstation::ask(stackfile::Question const& question) {
    return cli::ask(context_.terminal, question);
}

Result<std::string> Workstation::random(std::size_t bytes) { return crypto::random_bytes(bytes); }

Result<Value> Workstation::secret(std::string const& name) {
    return grid_ == nullptr ? Value{} : grid_->secret(name);
}

Result<std::vector<std::string>> Workstation::secret_names() {
    return grid_ == nullptr ? std::vector<std::string>{} : grid_->secret_names();
}

Result<std::vector<std::string>> Workstation::certificate_subjects() {
    return grid_ == nullptr ? std::vector<std::string>{} : grid_->certificate_subjects();
}

Result<std::vector<stackfile::OfferedService>> Workstation::services() {
    return grid_ == nullptr ? std::vector<stackfile::OfferedService>{} : grid_->services();
}

Result<Value> Workstation::service_instances(std::string const& stack, std::string const& service) {
    return grid_ == nullptr ? Value{} : grid_->service_instances(stack, service);
}

} // namespace kontena::cli
