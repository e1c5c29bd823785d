#include "agent/assignments/store.hpp"

#include "core/sys/files.hpp"

namespace kontena::agent {
namespace {

constexpr std::size_t kMaxFile = 256 * 1024 * 1024;
constexpr std::uint32_t kMode = 0600;

} // namespace

AssignmentStore::AssignmentStore(std::filesystem::path folder)
    : path_(std::move(folder) / "assignments")
    , files_(1, "files") {}

core::Result<AssignmentSetPtr> AssignmentStore::load() {
    auto const text = sys::read_file(path_, kMaxFile);
    if (!text && text.error().code == core::Errc::not_found) return AssignmentSetPtr();
    if (!text) return text.error();
    auto set = read_document(*text);
    if (set) return set;
    auto const aside = path_.string() + ".damaged";
    std::error_code ec;
    std::filesystem::rename(path_, aside, ec);
    auto error = std::move(set).error();
    return std::move(error).with_context("reading " + path_.string());
}

awaitable<core::Result<void>> AssignmentStore::save(AssignmentSetPtr set) {
    auto const write = [path = path_, set = std::move(set)] {
        return sys::write_file(path, write_document(*set), kMode);
    };
    co_return co_await files_.run(write);
}

void AssignmentStore::stop() { files_.stop(); }

} // namespace kontena::agent
