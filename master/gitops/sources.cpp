#include "master/gitops/sources.hpp"

#include "core/async/notifier.hpp"
#include "core/base/digest.hpp"
#include "core/sys/log.hpp"
#include "master/gitops/clone.hpp"
#include "master/gitops/render.hpp"

#include <algorithm>
#include <filesystem>

namespace kontena::master {
namespace {

using namespace std::chrono_literals;
using core::Errc;
using core::Result;
using model::SyncState;

constexpr core::Millis kFetchLimit = 60s;
constexpr core::Millis kFirstRetry = 2s;
constexpr core::Millis kLastRetry = 5min;

/// The delay spread by ±10 %, so that sources added together do not poll together.
core::Millis jittered(core::Millis delay, std::string const& seed) {
    auto const share = double(core::stable_hash(seed) % 2001) / 10'000.0;
    return core::Millis(std::int64_t(double(delay.count()) * (0.9 + share)));
}

core::Millis retry_delay(int failures) {
    auto const doubled = kFirstRetry * (1 << std::min(failures - 1, 10));
    return std::min<core::Millis>(doubled, kLastRetry);
}

core::Error quarantined(model::SourceStatus const& status) {
    auto const& name = status.id;
    return core::fail(
        Errc::conflict,
        fmt::format(
            "commit {} of source {} is quarantined, because it failed to deploy: {}. Push a commit "
            "that mends it, or try it again with: kontena source retry {}",
            status.quarantine->commit.substr(0, 7),
            name.leaf(),
            status.error,
            name.leaf()
        )
    );
}

bool same_place(model::Source const& a, model::Source const& b) {
    return a.url == b.url && a.ref == b.ref && a.path == b.path;
}

/// What a source's state is when its remote answers again.
SyncState state_of(model::SourceStatus const& status) {
    if (status.quarantine) return SyncState::failed;
    if (!status.issues.empty()) return SyncState::refused;
    return status.applied_commit == status.seen_commit ? SyncState::synced : SyncState::out_of_sync;
}

} // namespace

model::Cause
cause_of(model::Source const& source, model::Revision const& revision, model::Cause const& asked) {
    bool const by_hand = asked.kind == model::CauseKind::user;
    return {
        .kind = by_hand ? asked.kind : model::CauseKind::commit,
        .actor = by_hand ? asked.actor : fmt::format("source:{}", source.id.leaf()),
        .detail = revision.message,
        .source = std::string(source.id.leaf()),
        .commit = revision.commit,
    };
}

struct Sources::Follower {
    Follower(asio::any_io_executor executor, core::SourceId source)
        : id(std::move(source))
        , renderer(std::string(id.root()))
        , wake(executor)
        , idle(executor) {}

    core::SourceId id;
    Renderer renderer; ///< on the pool, one look at a time, as is
    git::Folders folders;
    async::Notifier wake;
    async::Notifier idle;
    bool busy = false;
    int failures = 0;
};

namespace {

/// One look at a source at a time, whoever asks.
template <class Follower>
class Turn {
public:
    explicit Turn(std::shared_ptr<Follower> follower)
        : follower_(std::move(follower)) {
        follower_->busy = true;
    }

    Turn(Turn const&) = delete;
    Turn& operator=(Turn const&) = delete;

    ~Turn() {
        follower_->busy = false;
        follower_->idle.notify();
    }

private:
    std::shared_ptr<Follower> follower_;
};

template <class Follower>
awaitable<void> wait_idle(std::shared_ptr<Follower> follower) {
    while (follower->busy) {
        auto const seen = follower->idle.epoch();
        co_await follower->idle.wait_after(seen, 1min);
    }
}

} // namespace

Sources::Sources(
    Store& store, GridViews& views, async::Clock const& clock, std::filesystem::path clones
)
    : store_(store)
    , views_(views)
    , clock_(clock)
    , clones_(std::move(clones))
    , renderers_(1, "render")
    , tasks_(store.executor(), sys::log::reporter("gitops")) {}

Sources::~Sources() = default;

awaitable<void> Sources::run() {
    auto watch = store_.watch();
    start_new();
    for (;;) {
        auto const batch = co_await watch.next(60s);
        bool changed = batch.resync;
        for (auto const& commit : batch.commits) {
            for (auto const& change : commit->changes) {
                if (!change.is<model::Source>()) continue;
                changed = true;
                poke(core::SourceId(change.key));
            }
        }
        if (changed) start_new();
    }
}

awaitable<void> Sources::stop() {
    co_await tasks_.stop();
    renderers_.stop();
}

void Sources::start_new() {
    std::erase_if(followers_, [this](auto const& entry) {
        return !store_.state().template find<model::Source>(entry.first);
    });
    store_.state().all<model::Source>().for_each([&](auto const& id, auto const& source) {
        if (source->kind != model::SourceKind::git || followers_.contains(id)) return;
        auto follower = std::make_shared<Follower>(store_.executor(), id);
        followers_.emplace(id, follower);
        tasks_.spawn("follow " + id.str(), follow(std::move(follower)));
    });
}

void Sources::poke(core::SourceId const& source) {
    auto const it = followers_.find(source);
    if (it != followers_.end()) it->second->wake.notify();
}

awaitable<Result<SyncOutcome>> Sources::sync(core::SourceId source, ApplyOptions options) {
    auto const known = store_.state().find<model::Source>(source);
    if (!known) co_return core::fail(Errc::not_found, fmt::format("there is no source {}", source));
    if (known->kind != model::SourceKind::git) {
        co_return core::fail(
            Errc::invalid, "uploads are applied when they arrive: there is nothing to sync"
        );
    }
    start_new();
    co_return co_await look(followers_.at(source), true, std::move(options));
}

awaitable<void> Sources::follow(std::shared_ptr<Follower> self) {
    for (std::uint64_t round = 0;; ++round) {
        auto const source = store_.state().find<model::Source>(self->id);
        auto const follower = followers_.find(self->id);
        // Gone, or gone and there again: then another one follows it.
        if (!source || follower == followers_.end() || follower->second != self) co_return;
        ApplyOptions options{.prune = source->prune};
        auto const outcome = co_await look(self, false, std::move(options));
        if (!outcome)
            sys::log::warn(
                "gitops",
                "not synced",
                {{"source", self->id}, {"error", to_string(outcome.error())}}
            );
        auto const seed = fmt::format("{}/{}", self->id.str(), round);
        auto const delay = self->failures > 0 ? retry_delay(self->failures)
                                              : core::Millis(core::Seconds(source->interval));
        co_await self->wake.wait(jittered(delay, seed));
    }
}

std::string Sources::clone_of(core::SourceId const& source) const {
    return (clones_ / source.str()).string();
}

git::FetchRequest Sources::request_for(model::Source const& source, bool on_demand) const {
    auto const status = store_.state().find<model::SourceStatus>(source.id);
    auto const secrets = store_.state().find<model::SourceCredentials>(source.id);
    git::FetchRequest out{
        .repository = clone_of(source.id),
        .url = source.url,
        .ref = source.ref,
        .username = source.username,
    };
    if (secrets) {
        out.password = secrets->password;
        out.ssh_key = secrets->ssh_key;
        out.known_host = secrets->known_hosts;
    }
    if (status && !on_demand) out.known_commit = status->seen_commit;
    return out;
}

awaitable<Result<SyncOutcome>>
Sources::look(std::shared_ptr<Follower> self, bool on_demand, ApplyOptions options) {
    co_await wait_idle(self);
    Turn<Follower> const turn(self);
    auto const source = store_.state().find<model::Source>(self->id);
    if (!source)
        co_return core::fail(Errc::not_found, fmt::format("source {} was removed", self->id));
    std::error_code ignored;
    std::filesystem::create_directories(clone_of(self->id), ignored);
    auto request = request_for(*source, on_demand);
    auto fetched = co_await git::fetch(std::move(request), kFetchLimit);
    if (!fetched) {
        ++self->failures;
        co_await note_failure(self->id, fetched.error().message);
        co_return fetched.error();
    }
    self->failures = 0;
    co_return co_await take_in(self, std::move(*fetched), on_demand, std::move(options));
}

awaitable<Result<SyncOutcome>> Sources::take_in(
    std::shared_ptr<Follower> self, git::FetchReply fetched, bool on_demand, ApplyOptions options
) {
    auto const source = store_.state().find<model::Source>(self->id);
    if (!source)
        co_return core::fail(Errc::not_found, fmt::format("source {} was removed", self->id));
    co_await remember_host(self->id, fetched.known_host);
    auto const status = store_.state().find<model::SourceStatus>(self->id);
    bool const held = status && status->quarantine && !fetched.unchanged &&
                      status->quarantine->commit == fetched.commit && !options.retry_quarantined;
    if (held && on_demand && !options.dry_run) co_return quarantined(*status);
    if (held && !on_demand) co_return co_await nothing_new(*source, std::move(options));
    if (fetched.unchanged) co_return co_await nothing_new(*source, std::move(options));
    KCO_TRY(auto rendered, co_await read_commit(self, *source, fetched));
    auto const now = store_.state().find<model::Source>(self->id);
    if (!now || !same_place(*now, *source)) {
        self->wake.notify();
        co_return core::fail(
            Errc::conflict,
            fmt::format("source {} was changed while its commit was read", self->id.leaf())
        );
    }
    auto revision = make_revision(
        {.source = self->id,
         .commit = fetched.commit,
         .author = fetched.author,
         .message = fetched.message,
         .created_at = clock_.now()},
        std::move(rendered.stacks),
        std::move(rendered.settings)
    );
    bool const wait = source->policy == model::SyncPolicy::manual && !on_demand;
    if (wait) co_return co_await hold_back(*source, std::move(revision));
    options.retry_failed = on_demand;
    co_return co_await apply_now(*source, std::move(revision), std::move(options));
}

/// What the commit says; a refusal is written down.
awaitable<Result<Rendered>> Sources::read_commit(
    std::shared_ptr<Follower> self, model::Source const& source, git::FetchReply const& fetched
) {
    std::function<Result<Rendered>()> const work = [self,
                                                    folder = clone_of(self->id),
                                                    commit = fetched.commit,
                                                    path = source.path]() -> Result<Rendered> {
        KTRY(auto const tree, git::open_tree(folder, commit, path, self->folders));
        return self->renderer.render(*tree);
    };
    auto rendered = co_await renderers_.run(work);
    bool const broken = rendered && !rendered->issues.empty();
    if (rendered && !broken) co_return std::move(*rendered);
    if (!rendered && rendered.error().code != Errc::invalid) {
        co_await note_failure(self->id, rendered.error().message);
        co_return std::move(rendered.error());
    }
    auto issues = broken ? std::move(rendered->issues) : std::vector<core::Issue>();
    auto const error = fmt::format(
        "commit {} is not applied: {}",
        fetched.commit.substr(0, 7),
        broken ? to_string(issues.front()) : rendered.error().message
    );
    co_await note_refusal(self->id, fetched.commit, error, issues);
    co_return core::fail(Errc::invalid, error, std::move(issues));
}

/// The remote answers and has nothing new: heal what was changed by hand, if that is wanted.
awaitable<Result<SyncOutcome>> Sources::nothing_new(model::Source source, ApplyOptions options) {
    Store::Build build = [&](State const& head) -> Result<Txn> {
        Txn txn(
            head,
            {.kind = model::CauseKind::observation,
             .actor = fmt::format("source:{}", source.id.leaf()),
             .detail = "the remote answers again"}
        );
        auto const before = head.find<model::SourceStatus>(source.id);
        if (!before || before->state != SyncState::unreachable) return txn;
        auto next = *before;
        next.state = state_of(next);
        next.error = next.issues.empty() ? "" : to_string(next.issues.front());
        next.failures = 0;
        next.changed_at = clock_.now();
        txn.put(std::move(next));
        return txn;
    };
    KCO_TRY(auto const index, co_await store_.update(std::move(build)));
    std::ignore = index;
    auto const status = store_.state().find<model::SourceStatus>(source.id);
    bool const sound = status && (status->state == SyncState::synced ||
                                  (status->quarantine && status->quarantine->rolled_back));
    bool const heal = source.self_heal && source.policy == model::SyncPolicy::automatic && sound;
    if (!heal) co_return outcome(source.id, {});
    auto applied = find_revision(store_.state(), status->applied_revision);
    if (!applied) co_return outcome(source.id, {});
    co_return co_await apply_now(source, std::move(*applied), std::move(options));
}

awaitable<Result<SyncOutcome>> Sources::hold_back(model::Source source, FullRevision full) {
    auto const& revision = full.revision;
    Store::Build build = [&](State const& head) -> Result<Txn> {
        Txn txn(head, cause_of(source, revision));
        put_revision(txn, full);
        ApplyOptions const options{.prune = source.prune, .cause = cause_of(source, revision)};
        if (auto plan = plan_revision(views_, head, full, options, clock_.now()))
            save_plan(txn, full, *plan);
        auto const before = head.find<model::SourceStatus>(source.id);
        auto next = before ? *before : model::SourceStatus{.id = source.id};
        next.seen_commit = revision.commit;
        next.seen_revision = revision.id;
        next.state =
            next.applied_commit == revision.commit ? SyncState::synced : SyncState::out_of_sync;
        next.error.clear();
        next.issues.clear();
        next.failures = 0;
        next.changed_at = clock_.now();
        txn.put(std::move(next));
        return txn;
    };
    KCO_TRY(auto const index, co_await store_.update(std::move(build)));
    std::ignore = index;
    co_return outcome(source.id, {});
}

awaitable<Result<SyncOutcome>>
Sources::apply_now(model::Source source, FullRevision full, ApplyOptions options) {
    auto const& revision = full.revision;
    model::Plan plan;
    options.cause = cause_of(source, revision, options.cause);
    Store::Build build = [&](State const& head) -> Result<Txn> {
        if (!head.find<model::Source>(source.id))
            return core::fail(Errc::not_found, "the source was removed");
        return apply_revision(views_, head, full, options, clock_.now(), plan);
    };
    auto const stored = co_await store_.update(std::move(build));
    if (!stored) {
        bool const refused =
            stored.error().code == Errc::conflict || stored.error().code == Errc::invalid;
        if (refused && !options.dry_run) {
            co_await note_refusal(
                source.id, revision.commit, to_string(stored.error()), stored.error().issues
            );
        }
        co_return stored.error();
    }
    if (!plan.empty() && !options.dry_run) {
        sys::log::info(
            "gitops",
            "plan applied",
            {{"source", source.id},
             {"commit", revision.commit.substr(0, 7)},
             {"plan", plan.id},
             {"actions", plan.actions.size()}}
        );
    }
    co_return outcome(source.id, std::move(plan));
}

SyncOutcome Sources::outcome(core::SourceId const& source, model::Plan plan) const {
    auto const status = store_.state().find<model::SourceStatus>(source);
    return {std::move(plan), status ? *status : model::SourceStatus{.id = source}};
}

awaitable<void> Sources::note_failure(core::SourceId source, std::string error) {
    Store::Build build = [&](State const& head) -> Result<Txn> {
        Txn txn(
            head,
            {.kind = model::CauseKind::observation,
             .actor = fmt::format("source:{}", source.leaf()),
             .detail = error}
        );
        auto const before = head.find<model::SourceStatus>(source);
        // One row for an outage, not one for each retry.
        if (!head.find<model::Source>(source) ||
            (before && before->state == SyncState::unreachable && before->error == error)) {
            return txn;
        }
        auto next = before ? *before : model::SourceStatus{.id = source};
        next.state = SyncState::unreachable;
        next.error = error;
        next.failures += 1;
        next.changed_at = clock_.now();
        txn.put(std::move(next));
        return txn;
    };
    auto const stored = co_await store_.update(std::move(build));
    if (!stored)
        sys::log::warn(
            "gitops", "state not stored", {{"source", source}, {"error", to_string(stored.error())}}
        );
}

awaitable<void> Sources::note_refusal(
    core::SourceId source, std::string commit, std::string error, std::vector<core::Issue> issues
) {
    if (issues.empty()) issues.push_back({.reason = error});
    Store::Build build = [&](State const& head) -> Result<Txn> {
        Txn txn(
            head,
            {.kind = model::CauseKind::commit,
             .actor = fmt::format("source:{}", source.leaf()),
             .detail = error,
             .source = std::string(source.leaf()),
             .commit = commit,
             .file = issues.front().file,
             .line = issues.front().line}
        );
        if (!head.find<model::Source>(source)) return txn;
        auto const before = head.find<model::SourceStatus>(source);
        auto next = before ? *before : model::SourceStatus{.id = source};
        next.state = SyncState::refused;
        next.seen_commit = commit;
        next.error = error;
        next.issues = issues;
        next.failures = 0;
        next.changed_at = clock_.now();
        txn.put(std::move(next));
        return txn;
    };
    auto const stored = co_await store_.update(std::move(build));
    if (!stored)
        sys::log::warn(
            "gitops", "state not stored", {{"source", source}, {"error", to_string(stored.error())}}
        );
}

awaitable<void> Sources::remember_host(core::SourceId source, std::string known_host) {
    Store::Build build = [&](State const& head) -> Result<Txn> {
        Txn txn(
            head,
            {.kind = model::CauseKind::observation,
             .actor = fmt::format("source:{}", source.leaf()),
             .detail = "SSH host key accepted on first contact"}
        );
        auto const before = head.find<model::SourceCredentials>(source);
        if (known_host.empty() || !before || !before->known_hosts.empty()) return txn;
        auto next = *before;
        next.known_hosts = known_host;
        txn.put(std::move(next));
        return txn;
    };
    auto const stored = co_await store_.update(std::move(build));
    if (!stored)
        sys::log::warn(
            "gitops",
            "host key not stored",
            {{"source", source}, {"error", to_string(stored.error())}}
        );
}

} // namespace kontena::master
