#include "core/base/result.hpp"
#include "master/gitops/fetch.hpp"
#include "master/gitops/render.hpp"

#include <fmt/format.h>
#include <git2.h>

#include <array>
#include <map>
#include <memory>
#include <optional>

namespace kontena::master::git {
namespace {

using core::Errc;
using core::fail;
using core::Result;

constexpr char const* kLocalRef = "refs/kontena/head";
constexpr std::size_t kMaxReceived = 512UL * 1024 * 1024;
constexpr std::size_t kMaxFile = 1024UL * 1024;
constexpr std::size_t kMaxTotal = 64UL * 1024 * 1024;
constexpr std::size_t kMaxFiles = 20'000;
constexpr std::size_t kMaxOthers = 2000; ///< that stack files name, such as env_files

template <class T, void (*Free)(T*)>
struct Deleter {
    void operator()(T* object) const noexcept { Free(object); }
};
template <class T, void (*Free)(T*)>
using Handle = std::unique_ptr<T, Deleter<T, Free>>;
using Repository = Handle<git_repository, git_repository_free>;
using Remote = Handle<git_remote, git_remote_free>;
using Commit = Handle<git_commit, git_commit_free>;
using Tree = Handle<git_tree, git_tree_free>;
using Object = Handle<git_object, git_object_free>;
using Entry = Handle<git_tree_entry, git_tree_entry_free>;
using Blob = Handle<git_blob, git_blob_free>;

/// What the callbacks of libgit2 need to know.
struct Session {
    FetchRequest const& request;
    int attempts = 0;
    std::string host_key;
    std::string refusal;
};

core::Error last_error(std::string_view doing, Session const* session = nullptr) {
    if (session != nullptr && !session->refusal.empty())
        return fail(Errc::unavailable, session->refusal);
    auto const* error = git_error_last();
    return fail(
        Errc::unavailable,
        fmt::format("{}: {}", doing, error != nullptr ? error->message : "unknown error")
    );
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

Result<Repository> open_repository(std::string const& path) {
    git_repository* raw = nullptr;
    if (git_repository_open_bare(&raw, path.c_str()) == 0) return Repository(raw);
    if (git_repository_init(&raw, path.c_str(), 1) == 0) return Repository(raw);
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
    Commit const owner(raw);
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
        return last_error(fmt::format("fetching {} from {}", ref, session.request.url), &session);
    }
    return {};
}

Result<Commit> resolve_commit(git_repository* repository, std::string const& hex) {
    git_object* raw = nullptr;
    if (git_revparse_single(&raw, repository, hex.c_str()) != 0)
        return last_error("reading the fetched commit");
    Object const object(raw);
    git_object* peeled = nullptr;
    if (git_object_peel(&peeled, object.get(), GIT_OBJECT_COMMIT) != 0)
        return last_error("the ref is no commit");
    return Commit(reinterpret_cast<git_commit*>(peeled));
}

bool is_yaml(std::string_view name) { return name.ends_with(".yml") || name.ends_with(".yaml"); }

/// Takes texts out of the repository, within the limits of one commit.
class Blobs {
public:
    explicit Blobs(git_repository* repository)
        : repository_(repository) {}

    git_repository* repository() const { return repository_; }

    Result<std::string> text(git_tree_entry const* entry, std::string const& path) {
        git_blob* raw = nullptr;
        if (git_blob_lookup(&raw, repository_, git_tree_entry_id(entry)) != 0)
            return last_error(path);
        Blob const blob(raw);
        auto const size = static_cast<std::size_t>(git_blob_rawsize(blob.get()));
        total_ += size;
        if (size > kMaxFile)
            return fail(
                Errc::invalid, fmt::format("{} is larger than {} KB", path, kMaxFile >> 10)
            );
        if (total_ > kMaxTotal || ++count_ > kMaxFiles)
            return fail(
                Errc::invalid, "there are too many YAML files below the path of the source"
            );
        return std::string(static_cast<char const*>(git_blob_rawcontent(blob.get())), size);
    }

private:
    git_repository* repository_;
    std::size_t total_ = 0;
    std::size_t count_ = 0;
};

/// Collects the YAML files of a tree; hidden folders are left out, links are not followed.
class Collector {
public:
    explicit Collector(Blobs& blobs)
        : blobs_(blobs) {}

    Result<void> collect(git_tree* tree, std::string const& prefix, int depth) {
        if (depth > 32)
            return fail(
                Errc::invalid, fmt::format("folders are nested too deeply below {}", prefix)
            );
        for (std::size_t i = 0; i < git_tree_entrycount(tree); ++i) {
            auto const* entry = git_tree_entry_byindex(tree, i);
            std::string const name = git_tree_entry_name(entry);
            auto const path = prefix.empty() ? name : prefix + "/" + name;
            if (git_tree_entry_type(entry) == GIT_OBJECT_TREE && !name.starts_with('.')) {
                git_tree* raw = nullptr;
                if (git_tree_lookup(&raw, blobs_.repository(), git_tree_entry_id(entry)) != 0)
                    return last_error(path);
                Tree const below(raw);
                KCHECK(collect(below.get(), path, depth + 1));
            } else if (git_tree_entry_filemode(entry) != GIT_FILEMODE_LINK && is_yaml(name)) {
                KTRY(auto text, blobs_.text(entry, path));
                files_.push_back({path, std::move(text)});
            }
        }
        return {};
    }

    std::vector<File> take() { return std::move(files_); }

private:
    Blobs& blobs_;
    std::vector<File> files_;
};

/// Reads the files as the master will, to find out which other files of the tree they name: it
/// asks for the same ones. What is not there, is no file, or is too large stays out, and the master
/// says so at the place that names it.
std::vector<File>
named_files(Blobs& blobs, git_tree* root, std::vector<File> const& files, std::string const& grid) {
    std::map<std::string_view, std::string_view> below;
    for (auto const& file : files) below.emplace(file.path, file.text);
    std::map<std::string, std::string> others;
    ReadFile const read = [&](std::string const& path) -> Result<std::string> {
        if (auto const known = below.find(path); known != below.end())
            return std::string(known->second);
        auto const missing = fail(Errc::not_found, fmt::format("{}: no such file", path));
        git_tree_entry* raw = nullptr;
        if (git_tree_entry_bypath(&raw, root, path.c_str()) != 0) return missing;
        Entry const entry(raw);
        bool const file = git_tree_entry_type(entry.get()) == GIT_OBJECT_BLOB &&
                          git_tree_entry_filemode(entry.get()) != GIT_FILEMODE_LINK;
        if (!file || others.size() >= kMaxOthers) return missing;
        KTRY(auto text, blobs.text(entry.get(), path));
        others.insert_or_assign(path, text);
        return text;
    };
    std::ignore = render(files, read, grid);
    std::vector<File> out;
    for (auto& [path, text] : others) out.push_back({path, std::move(text)});
    return out;
}

Result<void> read_files(
    git_repository* repository, git_commit* commit, FetchRequest const& request, FetchReply& out
) {
    git_tree* raw = nullptr;
    if (git_commit_tree(&raw, commit) != 0) return last_error("reading the tree of the commit");
    Tree const root(raw);
    std::string path = request.path;
    while (path.ends_with('/')) path.pop_back();
    while (path.starts_with('/') || path.starts_with("./")) path.erase(0, path.find('/') + 1);
    if (path == ".") path.clear();
    Blobs blobs(repository);
    Collector collector(blobs);
    Tree below;
    if (!path.empty()) {
        git_tree_entry* entry_raw = nullptr;
        if (git_tree_entry_bypath(&entry_raw, root.get(), path.c_str()) != 0 ||
            git_tree_entry_type(entry_raw) != GIT_OBJECT_TREE) {
            Entry const owner(entry_raw);
            return fail(Errc::invalid, fmt::format("the repository has no folder '{}'", path));
        }
        Entry const entry(entry_raw);
        git_tree* sub = nullptr;
        if (git_tree_lookup(&sub, repository, git_tree_entry_id(entry.get())) != 0)
            return last_error(path);
        below.reset(sub);
    }
    KCHECK(collector.collect(below ? below.get() : root.get(), path, 0));
    out.files = collector.take();
    out.others = named_files(blobs, root.get(), out.files, request.grid);
    return {};
}

Result<FetchReply> run(FetchRequest const& request) {
    KTRY(auto const repository, open_repository(request.repository));
    git_remote* raw = nullptr;
    if (git_remote_create_anonymous(&raw, repository.get(), request.url.c_str()) != 0)
        return last_error(request.url);
    Remote const remote(raw);
    Session session{.request = request, .host_key = {}, .refusal = {}};
    auto const hooks = callbacks(session);
    if (git_remote_connect(remote.get(), GIT_DIRECTION_FETCH, &hooks, nullptr, nullptr) != 0) {
        return last_error(fmt::format("cannot reach {}", request.url), &session);
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
    KTRY(auto const commit, resolve_commit(repository.get(), ref.commit));
    auto const* author = git_commit_author(commit.get());
    auto const* summary = git_commit_summary(commit.get());
    out.author = author != nullptr ? fmt::format("{} <{}>", author->name, author->email) : "";
    out.message = summary != nullptr ? summary : "";
    KCHECK(read_files(repository.get(), commit.get(), request, out));
    return out;
}

} // namespace

FetchReply fetch_now(FetchRequest const& request) {
    git_libgit2_init();
    // The clone and local remotes may belong to another user; nothing in them is executed.
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    auto out = run(request);
    git_libgit2_shutdown();
    return out ? std::move(*out) : FetchReply{.error = out.error().message};
}

} // namespace kontena::master::git
