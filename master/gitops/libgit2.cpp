#include "master/gitops/libgit2.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace kontena::master::git {

void start_libgit2() {
    static bool const started = [] {
        git_libgit2_init();
        // The clone and local remotes may belong to another user; nothing in them is executed.
        git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
        return true;
    }();
    std::ignore = started;
}

core::Error last_error(std::string_view doing) {
    auto const* error = git_error_last();
    return core::fail(
        core::Errc::unavailable,
        fmt::format("{}: {}", doing, error != nullptr ? error->message : "unknown error")
    );
}

ObjectId blob_id(std::string_view text) {
    start_libgit2();
    git_oid id;
    ObjectId out{};
    if (git_odb_hash(&id, text.data(), text.size(), GIT_OBJECT_BLOB) == 0)
        std::ranges::copy(id.id, out.begin());
    return out;
}

core::Result<CommitHandle> find_commit(git_repository* repository, std::string const& name) {
    git_object* raw = nullptr;
    if (git_revparse_single(&raw, repository, name.c_str()) != 0)
        return last_error(fmt::format("reading commit {}", name));
    ObjectHandle const object(raw);
    git_object* peeled = nullptr;
    if (git_object_peel(&peeled, object.get(), GIT_OBJECT_COMMIT) != 0)
        return last_error(fmt::format("{} is no commit", name));
    return CommitHandle(reinterpret_cast<git_commit*>(peeled));
}

} // namespace kontena::master::git
