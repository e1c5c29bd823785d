#include "core/crypto/digest.hpp"
#include "master/features/feature.hpp"

#include <boost/json/array.hpp>

namespace kontena::master {
namespace {

namespace bj = boost::json;
using core::Errc;
using core::Result;

constexpr int kMinInterval = 1;
constexpr int kMaxInterval = 24 * 3600;
constexpr std::size_t kSecretBytes = 20;

/// Absent members keep what is there.
struct SourceInput {
    std::string name;
    std::optional<std::string> url;
    std::optional<std::string> ref;
    std::optional<std::string> path;
    std::optional<model::SyncPolicy> policy;
    std::optional<bool> prune;
    std::optional<bool> self_heal;
    std::optional<int> interval;
    std::optional<std::string> username;
    std::optional<std::string> password;
    std::optional<std::string> ssh_key;
    std::optional<std::string> webhook_secret;
};
BOOST_DESCRIBE_STRUCT(
    SourceInput,
    (),
    (name,
     url,
     ref,
     path,
     policy,
     prune,
     self_heal,
     interval,
     username,
     password,
     ssh_key,
     webhook_secret)
)

struct SyncInput {
    bool dry_run = false;
    bool force = false;
};
BOOST_DESCRIBE_STRUCT(SyncInput, (), (dry_run, force))

template <class T>
void take(std::optional<T> const& given, T& field) {
    if (given) field = *given;
}

void take_fields(
    SourceInput const& input, model::Source& source, model::SourceCredentials& secrets
) {
    take(input.url, source.url);
    take(input.ref, source.ref);
    take(input.path, source.path);
    take(input.policy, source.policy);
    take(input.prune, source.prune);
    take(input.self_heal, source.self_heal);
    take(input.interval, source.interval);
    take(input.username, source.username);
    take(input.password, secrets.password);
    take(input.ssh_key, secrets.ssh_key);
    take(input.webhook_secret, secrets.webhook_secret);
    source.has_credentials = !secrets.password.empty() || !secrets.ssh_key.empty();
}

Result<void> check(model::Source const& source) {
    std::vector<core::Issue> issues;
    auto const name = source.id.leaf();
    if (!core::valid_name(name) || name == "uploads") {
        issues.push_back(
            {.path = "name",
             .reason = "must have 1 to 63 letters, digits, '_' or '-', and not be 'uploads'"}
        );
    }
    if (!git::understands(source.url)) {
        issues.push_back(
            {.path = "url",
             .reason = "must be a URL that begins with https, http, ssh, git or file, or "
                       "git@HOST:PATH, or an absolute path on the master"}
        );
    }
    auto const scheme = source.url.find("://");
    auto const at = source.url.rfind('@');
    if (scheme != std::string::npos && at != std::string::npos && source.url.starts_with("http") &&
        source.url.substr(scheme + 3, at - scheme - 3).find(':') != std::string::npos) {
        issues.push_back(
            {.path = "url", .reason = "must not hold a password: give it with --password-stdin"}
        );
    }
    if (source.ref.empty())
        issues.push_back({.path = "ref", .reason = "must name a branch or a tag"});
    if (source.interval < kMinInterval || source.interval > kMaxInterval) {
        issues.push_back(
            {.path = "interval",
             .reason = fmt::format("must be from {} to {} seconds", kMinInterval, kMaxInterval)}
        );
    }
    if (issues.empty()) return {};
    return core::fail(Errc::invalid, "the source cannot be like this", std::move(issues));
}

std::string webhook_path(core::SourceId const& id) {
    return fmt::format("/v1/sources/{}/webhook", id.str());
}

/// How far the grid is from the applied revision: changes by hand, failed deploys left aside.
bj::value drift_of(Services& services, model::Source const& source) {
    auto const& state = services.store.state();
    auto const status = state.find<model::SourceStatus>(source.id);
    if (!status || source.kind != model::SourceKind::git) return bj::array{};
    auto const applied = find_revision(state, status->applied_revision);
    if (!applied) return bj::array{};
    auto const plan = plan_revision(
        services.views,
        state,
        *applied,
        {.prune = source.prune, .force = true},
        services.clock.now()
    );
    return plan ? json::encode(plan->actions) : bj::value(bj::array{});
}

bj::object show_source(Services& services, model::Source const& source) {
    auto const status = services.store.state().find<model::SourceStatus>(source.id);
    return {
        {"source", json::encode(source)},
        {"status", json::encode(status ? *status : model::SourceStatus{.id = source.id})},
        {"webhook_path", webhook_path(source.id)},
        {"drift", drift_of(services, source)},
    };
}

awaitable<Reply> list(Services& services, Context context) {
    auto const& state = services.store.state();
    KCO_TRY(auto const grid, grid_at(state, context));
    bj::array out;
    state.all<model::Source>().for_prefix(
        grid->id.str() + "/",
        [&](auto const&, auto const& source) { out.push_back(show_source(services, *source)); }
    );
    co_return json_reply(200, bj::object{{"sources", std::move(out)}});
}

awaitable<Reply> create(Services& services, Context context) {
    KCO_TRY(auto const input, body_as<SourceInput>(context));
    core::SourceId id;
    model::SourceCredentials secrets;
    Store::Build build = [&](State const& head) -> Result<Txn> {
        KTRY(auto const grid, grid_at(head, context));
        id = core::source_id(grid->id, input.name);
        auto const now = services.clock.now();
        model::Source source{.id = id, .created_at = now, .updated_at = now};
        secrets = {.id = id, .webhook_secret = crypto::random_hex(kSecretBytes)};
        take_fields(input, source, secrets);
        KCHECK(check(source));
        if (head.find<model::Source>(id))
            return core::fail(Errc::conflict, fmt::format("source {} exists already", id));
        Txn txn(head, cause_of(context, fmt::format("add source {}", id.leaf())));
        txn.put(std::move(source));
        txn.put(secrets);
        txn.put(model::SourceStatus{.id = id, .changed_at = now});
        return txn;
    };
    KCO_CHECK(co_await services.store.update(std::move(build)));
    auto const source = services.store.state().find<model::Source>(id);
    if (!source)
        co_return core::fail(Errc::conflict, fmt::format("source {} was removed meanwhile", id));
    auto out = show_source(services, *source);
    // Shown once: the Git host needs it to sign its calls.
    out["webhook_secret"] = secrets.webhook_secret;
    co_return json_reply(201, out);
}

awaitable<Reply> get(Services& services, Context context) {
    KCO_TRY(auto const source, source_at(services.store.state(), context));
    co_return json_reply(200, show_source(services, *source));
}

awaitable<Reply> update(Services& services, Context context) {
    KCO_TRY(auto const input, body_as<SourceInput>(context));
    Store::Build build = [&](State const& head) -> Result<Txn> {
        KTRY(auto const before, source_at(head, context));
        auto const known = head.find<model::SourceCredentials>(before->id);
        auto source = *before;
        auto secrets = known ? *known : model::SourceCredentials{.id = before->id};
        take_fields(input, source, secrets);
        source.updated_at = services.clock.now();
        KCHECK(check(source));
        Txn txn(head, cause_of(context, fmt::format("update source {}", source.id.leaf())));
        bool const moved =
            source.url != before->url || source.ref != before->ref || source.path != before->path;
        auto const status = head.find<model::SourceStatus>(source.id);
        if (moved && status) {
            // What was seen at the old place says nothing about the new one.
            auto next = *status;
            next.seen_commit.clear();
            txn.put(std::move(next));
        }
        if (source.url != before->url) secrets.known_hosts.clear();
        txn.put(std::move(source));
        txn.put(std::move(secrets));
        return txn;
    };
    KCO_CHECK(co_await services.store.update(std::move(build)));
    co_return co_await get(services, std::move(context));
}

/// The stacks stay as they are; from now on they belong to nobody and may be changed by hand.
awaitable<Reply> remove(Services& services, Context context) {
    Store::Build build = [&](State const& head) -> Result<Txn> {
        KTRY(auto const source, source_at(head, context));
        auto const id = source->id;
        Txn txn(head, cause_of(context, fmt::format("remove source {}", id.leaf())));
        auto const uploads = core::source_id(core::grid_of(id), "uploads");
        std::vector<std::shared_ptr<model::Stack const>> stacks;
        head.all<model::Stack>().for_prefix(
            std::string(id.root()) + "/",
            [&](auto const&, auto const& stack) {
                if (stack->owner == id) stacks.push_back(stack);
            }
        );
        for (auto const& stack : stacks) {
            auto next = *stack;
            next.owner = uploads;
            txn.put(std::move(next));
        }
        remove_revisions(txn, id);
        txn.remove<model::SourceCredentials>(id);
        txn.remove<model::SourceStatus>(id);
        txn.remove<model::Source>(id);
        return txn;
    };
    KCO_CHECK(co_await services.store.update(std::move(build)));
    co_return json_reply(200, bj::object{});
}

awaitable<Reply> sync(Services& services, Context context) {
    KCO_TRY(auto const input, body_as<SyncInput>(context));
    KCO_TRY(auto const source, source_at(services.store.state(), context));
    ApplyOptions options{
        .dry_run = input.dry_run,
        .prune = source->prune,
        .force = input.force,
        .cause = cause_of(context, fmt::format("sync source {}", source->id.leaf())),
    };
    KCO_TRY(auto outcome, co_await services.sources.sync(source->id, std::move(options)));
    if (input.dry_run) outcome.plan.id = {}; // it is not kept
    co_return json_reply(
        200,
        bj::object{{"plan", json::encode(outcome.plan)}, {"status", json::encode(outcome.status)}}
    );
}

/// Applies what is there, also a commit that is quarantined.
awaitable<Reply> retry(Services& services, Context context) {
    KCO_TRY(auto const source, source_at(services.store.state(), context));
    ApplyOptions options{
        .prune = source->prune,
        .retry_quarantined = true,
        .cause = cause_of(context, fmt::format("retry source {}", source->id.leaf())),
    };
    KCO_TRY(auto const outcome, co_await services.sources.sync(source->id, std::move(options)));
    co_return json_reply(
        200,
        bj::object{{"plan", json::encode(outcome.plan)}, {"status", json::encode(outcome.status)}}
    );
}

/// GitHub, Gitea and Forgejo sign the body; GitLab sends the secret itself.
bool signed_by(net::HttpRequest const& request, std::string const& secret) {
    if (secret.empty()) return false;
    if (auto const given = request.headers.get("X-Hub-Signature-256")) {
        return crypto::equal_constant_time(
            *given, "sha256=" + crypto::hmac_sha256_hex(secret, request.body)
        );
    }
    auto const token = request.headers.get("X-Gitlab-Token");
    return token && crypto::equal_constant_time(*token, secret);
}

/// A hint only: what is applied comes from the repository, never from the call.
awaitable<Reply> webhook(Services& services, Context context) {
    auto const id = core::source_id(core::GridId(context.at("grid")), context.at("source"));
    auto const secrets = services.store.state().find<model::SourceCredentials>(id);
    if (!secrets || !signed_by(context.request, secrets->webhook_secret)) {
        co_return core::fail(
            Errc::denied, "the call is not signed with the source's webhook secret"
        );
    }
    services.sources.poke(id);
    co_return json_reply(202, bj::object{{"message", "the source will be looked at"}});
}

} // namespace

void add_source_routes(Router& router, Services& services) {
    std::string const one = "/v1/sources/:grid/:source";
    router.add("GET", "/v1/grids/:grid/sources", handle(services, list));
    router.add("POST", "/v1/grids/:grid/sources", handle(services, create));
    router.add("GET", one, handle(services, get));
    router.add("PUT", one, handle(services, update));
    router.add("DELETE", one, handle(services, remove));
    router.add("POST", one + "/sync", handle(services, sync));
    router.add("POST", one + "/retry", handle(services, retry));
    router.add("POST", one + "/webhook", handle(services, webhook), Access::open);
}

} // namespace kontena::master
