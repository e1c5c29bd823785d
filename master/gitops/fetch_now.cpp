#include "core/base/result.hpp"
#include "master/gitops/fetch.hpp"
#include "master/gitops/libgit2.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>

namespace kontena::master::git {
namespace {

using core::Errc;
using core::fail;
using core::Result;

constexpr char const* kLocalRef = "refs/kontena/head";
constexpr std::size_t kMaxReceived = 512UL * 1024 * 1024;

/// What the callbacks of libgit2 need to know.
struct Session {
    FetchRequest const& request;
    int attempts = 0;
    std::string host_key;
    std::string refusal;
};

/// Why a call did not work: what a callback refused, or else what libgit2 says.
core::Error failed(std::string_view doing, Session const& session) {
    if (!session.refusal.empty()) return fail(Errc::unavailable, session.refusal);
    return last_error(doing);
}

int credentials(
    git_credential** out, char const* url, char const* from_url, unsigned allowed, void* payload
) {
    auto& session = *static_cast<Session*>(payload);
    auto const& request = session.request;
    // libgit2 asks again with the same credentials for as long as they are refused.
    if (++session.attempts > 2) {
        session.refusal = fmt::format("{} refuses the credentials of this source", request.url);
        return GIT_EAUTH;
    }
    std::string user = request.username;
    if (user.empty() && from_url != nullptr) user = from_url;
    if ((allowed & GIT_CREDENTIAL_SSH_KEY) != 0 && !request.ssh_key.empty()) {
        if (user.empty()) user = "git";
        return git_credential_ssh_key_memory_new(
            out, user.c_str(), nullptr, request.ssh_key.c_str(), ""
        );
    }
    if ((allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) != 0 && !request.password.empty()) {
        if (user.empty()) user = "git";
        return git_credential_userpass_plaintext_new(out, user.c_str(), request.password.c_str());
    }
    if ((allowed & GIT_CREDENTIAL_USERNAME) != 0) {
        return git_credential_username_new(out, user.empty() ? "git" : user.c_str());
    }
    session.refusal = fmt::format("{} wants credentials, and this source has none that fit", url);
    return GIT_EAUTH;
}

/// SSH host keys are trusted on first contact and must stay the same; X.509 is the library's own
/// matter.
int check_certificate(git_cert* certificate, int valid, char const* host, void* payload) {
    auto& session = *static_cast<Session*>(payload);
    if (certificate->cert_type != GIT_CERT_HOSTKEY_LIBSSH2)
        return valid != 0 ? 0 : GIT_ECERTIFICATE;
    auto const* key = reinterpret_cast<git_cert_hostkey const*>(certificate);
    for (auto const byte : key->hash_sha256) session.host_key += fmt::format("{:02x}", byte);
    if (session.request.known_host.empty() || session.request.known_host == session.host_key)
        return 0;
    session.refusal = fmt::format(
        "the SSH host key of {} has changed (now {}): if that is right, remove the source and add "
        "it again",
        host,
        session.host_key
    );
    return GIT_ECERTIFICATE;
}

int check_size(git_indexer_progress const* progress, void* payload) {
    if (progress->received_bytes <= kMaxReceived) return 0;
    static_cast<Session*>(payload)->refusal =
        fmt::format("the repository is larger than {} MB", kMaxReceived >> 20);
    return GIT_EUSER;
}

git_remote_callbacks callbacks(Session& session) {
    git_remote_callbacks out;
    git_remote_init_callbacks(&out, GIT_REMOTE_CALLBACKS_VERSION);
    out.credentials = credentials;
    out.certificate_check = check_certificate;
    out.transfer_progress = check_size;
    out.payload = &session;
    return out;
}

Result<RepositoryHandle> open_repository(std::string const& path) {
    git_repository* raw = nullptr;
    if (git_repository_open_bare(&raw, path.c_str()) == 0) return RepositoryHandle(raw);
    if (git_repository_init(&raw, path.c_str(), 1) == 0) return RepositoryHandle(raw);
    return last_error(fmt::format("cannot make the clone in {}", path));
}

struct RemoteRef {
    std::string name;
    std::string commit;
};

/// Where the branch, or else the tag, of that name is on the remote.
Result<RemoteRef> find_ref(git_remote* remote, FetchRequest const& request) {
    git_remote_head const** heads = nullptr;
    std::size_t count = 0;
    if (git_remote_ls(&heads, &count, remote) != 0)
        return last_error(fmt::format("listing {}", request.url));
    std::array const names{
        fmt::format("refs/heads/{}", request.ref),
        fmt::format("refs/tags/{}", request.ref),
        request.ref
    };
    for (auto const& name : names) {
        for (std::size_t i = 0; i < count; ++i) {
            if (name != heads[i]->name) continue;
            std::array<char, GIT_OID_HEXSZ + 1> hex{};
            git_oid_tostr(hex.data(), hex.size(), &heads[i]->oid);
            return RemoteRef{name, hex.data()};
        }
    }
    return fail(
        Errc::unavailable, fmt::format("{} has no branch or tag '{}'", request.url, request.ref)
    );
}

bool has_commit(git_repository* repository, std::string const& commit) {
    git_oid id;
    git_commit* raw = nullptr;
    bool const found =
        git_oid_fromstr(&id, commit.c_str()) == 0 && git_commit_lookup(&raw, repository, &id) == 0;
    CommitHandle const owner(raw);
    return found;
}

Result<void> download(git_remote* remote, Session& session, std::string const& ref) {
    auto spec = fmt::format("+{}:{}", ref, kLocalRef);
    std::array<char*, 1> strings{spec.data()};
    git_strarray const specs{strings.data(), strings.size()};
    git_fetch_options options;
    git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
    options.callbacks = callbacks(session);
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
    session.attempts = 0;
    session.host_key.clear();
    if (git_remote_fetch(remote, &specs, &options, nullptr) != 0) {
        return failed(fmt::format("fetching {} from {}", ref, session.request.url), session);
    }
    return {};
}

/// libgit2 takes a path that is not there for a URL that it does not understand.
Result<void> check_local(std::string const& url) {
    constexpr std::string_view kFile = "file://";
    auto const path = url.starts_with(kFile) ? url.substr(kFile.size()) : url;
    std::error_code ignored;
    bool const plain = path.starts_with('/') && path.find('%') == std::string::npos;
    if (!plain || std::filesystem::exists(path, ignored)) return {};
    return fail(
        Errc::unavailable,
        fmt::format("cannot reach {}: there is no {} on the master's machine", url, path)
    );
}

Result<FetchReply> run(FetchRequest const& request) {
    KCHECK(check_local(request.url));
    KTRY(auto const repository, open_repository(request.repository));
    git_remote* raw = nullptr;
    if (git_remote_create_anonymous(&raw, repository.get(), request.url.c_str()) != 0)
        return last_error(request.url);
    RemoteHandle const remote(raw);
    Session session{.request = request, .host_key = {}, .refusal = {}};
    auto const hooks = callbacks(session);
    if (git_remote_connect(remote.get(), GIT_DIRECTION_FETCH, &hooks, nullptr, nullptr) != 0) {
        return failed(fmt::format("cannot reach {}", request.url), session);
    }
    FetchReply out;
    out.known_host = session.host_key;
    KTRY(auto const ref, find_ref(remote.get(), request));
    out.commit = ref.commit;
    if (ref.commit == request.known_commit) {
        out.unchanged = true;
        return out;
    }
    if (!has_commit(repository.get(), ref.commit))
        KCHECK(download(remote.get(), session, ref.name));
    KTRY(auto const commit, find_commit(repository.get(), ref.commit));
    auto const* author = git_commit_author(commit.get());
    auto const* summary = git_commit_summary(commit.get());
    out.author = author != nullptr ? fmt::format("{} <{}>", author->name, author->email) : "";
    out.message = summary != nullptr ? summary : "";
    return out;
}

} // namespace

FetchReply fetch_now(FetchRequest const& request) {
    start_libgit2();
    auto out = run(request);
    return out ? std::move(*out) : FetchReply{.error = out.error().message};
}

} // namespace kontena::master::git
