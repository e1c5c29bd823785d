#include "master/control/revision.hpp"

#include "core/base/digest.hpp"
#include "core/json/codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace kontena::master {
namespace {

constexpr std::size_t kKeptRevisions = 20; ///< per source

using Revisions = std::vector<std::shared_ptr<model::Revision const>>;

Revisions revisions_of(State const& state, core::SourceId const& source) {
    Revisions out;
    state.all<model::Revision>().for_prefix(source.str() + "/", [&](auto const&, auto const& r) {
        out.push_back(r);
    });
    std::ranges::sort(out, {}, [](auto const& r) { return r->created_at; });
    return out;
}

std::vector<core::RenderedStackId> in_order(std::vector<core::RenderedStackId> ids) {
    std::ranges::sort(ids);
    return ids;
}

/// Forgets a revision, and what it says that no other one of `others` says.
void remove_revision(Txn& txn, model::Revision const& old, Revisions const& others) {
    auto unused = in_order(old.stacks);
    for (auto const& other : others) {
        if (unused.empty()) break;
        std::vector<core::RenderedStackId> left;
        std::ranges::set_difference(unused, in_order(other->stacks), std::back_inserter(left));
        unused = std::move(left);
    }
    for (auto const& id : unused) txn.remove<model::RenderedStack>(id);
    txn.remove<model::Revision>(old.id);
}

} // namespace

Content content_of(model::StackSpec stack) {
    auto digest = core::content_digest(json::encode_text(stack));
    return {std::make_shared<model::StackSpec const>(std::move(stack)), std::move(digest)};
}

FullRevision make_revision(
    model::Revision facts, std::vector<Content> stacks, std::optional<model::GridSettings> settings
) {
    std::ranges::sort(stacks, {}, [](auto const& content) { return content.stack->name; });
    FullRevision out{.revision = std::move(facts)};
    auto& revision = out.revision;
    auto text = revision.commit + "\n";
    if (settings) text += json::encode_text(*settings) + "\n";
    for (auto& content : stacks) {
        revision.stacks.emplace_back(fmt::format("{}/{}", revision.source.str(), content.digest));
        text += content.digest + "\n";
        out.stacks.push_back(std::move(content.stack));
    }
    revision.settings = std::move(settings);
    revision.id = core::RevisionId(
        fmt::format("{}/{}", revision.source.str(), core::content_digest(text).substr(0, 16))
    );
    return out;
}

core::Result<FullRevision> find_revision(State const& state, core::RevisionId const& id) {
    auto const revision = state.find<model::Revision>(id);
    if (!revision)
        return core::fail(core::Errc::not_found, fmt::format("revision {} is no longer kept", id));
    FullRevision out{.revision = *revision};
    for (auto const& stack : revision->stacks) {
        auto const rendered = state.find<model::RenderedStack>(stack);
        if (!rendered)
            return core::fail(
                core::Errc::internal, fmt::format("revision {} lacks its stack {}", id, stack)
            );
        out.stacks.push_back(rendered->spec);
    }
    return out;
}

void put_revision(Txn& txn, FullRevision const& full) {
    auto const& revision = full.revision;
    if (txn.state().find<model::Revision>(revision.id)) return;
    for (std::size_t i = 0; i < full.stacks.size(); ++i)
        if (!txn.state().find<model::RenderedStack>(revision.stacks[i]))
            txn.put(model::RenderedStack{revision.stacks[i], full.stacks[i]});
    txn.put(revision);
    auto all = revisions_of(txn.state(), revision.source);
    auto const status = txn.state().find<model::SourceStatus>(revision.source);
    auto const needed = [&](model::Revision const& r) {
        return r.id == revision.id ||
               (status && (status->applied_revision == r.id || status->seen_revision == r.id ||
                           status->good_revision == r.id));
    };
    for (std::size_t surplus = all.size() - std::min(all.size(), kKeptRevisions); surplus > 0;
         --surplus) {
        auto const old = std::ranges::find_if(all, [&](auto const& r) { return !needed(*r); });
        if (old == all.end()) return;
        auto const gone = *old;
        all.erase(old);
        remove_revision(txn, *gone, all);
    }
}

void remove_revisions(Txn& txn, core::SourceId const& source) {
    for (auto const& revision : revisions_of(txn.state(), source))
        remove_revision(txn, *revision, {});
}

} // namespace kontena::master
