#include "reconciler/plan.hpp"

#include "core/base/digest.hpp"
#include "core/json/codec.hpp"
#include "reconciler/diff.hpp"
#include "reconciler/failure.hpp"
#include "reconciler/rollout.hpp"
#include "reconciler/scheduler/place.hpp"
#include "reconciler/scheduler/rebalance.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

namespace kontena::reconciler {
namespace {

using core::Errc;
using core::fail;
using core::Result;
using model::Action;
using model::ActionKind;
using model::Cause;
using model::DeployState;
using model::PlacementKind;

constexpr std::size_t kKeptSpecs = 10; ///< spec revisions that a service remembers
constexpr std::size_t kHashDigits = 12;
constexpr std::size_t kHashInId = 6;

/// `shop/web`
std::string name_in_grid(core::ServiceId const& id) {
    return fmt::format("{}/{}", core::stack_of(id).leaf(), id.leaf());
}

/// Services of a stack so that what one links to comes before it; otherwise the order of the file.
/// Cycles cannot occur: validation refuses them.
std::vector<model::NamedService const*> in_link_order(model::StackSpec const& stack) {
    std::vector<model::NamedService const*> out;
    std::set<std::string> done;
    auto const visit = [&](auto& self, model::NamedService const& service) -> void {
        if (!done.insert(service.name).second) return;
        for (auto const& link : service.spec.links) {
            auto const it =
                std::ranges::find(stack.services, link.name, &model::NamedService::name);
            if (it != stack.services.end()) self(self, *it);
        }
        out.push_back(&service);
    };
    for (auto const& service : stack.services) visit(visit, service);
    return out;
}

/// The same apart from its text and where its parts stand in it.
bool same_stack(model::StackSpec const& a, model::StackSpec const& b) {
    auto const facts = [](model::StackSpec const& s) {
        return std::tie(s.name, s.stack, s.version, s.labels, s.expose, s.variables);
    };
    return facts(a) == facts(b) &&
           std::ranges::equal(a.services, b.services, [](auto const& x, auto const& y) {
               return x.name == y.name && x.spec == y.spec;
           });
}

/// What a stack says besides its services.
std::string facts_of(model::StackSpec const& stack) {
    model::StackSpec const facts{
        .name = stack.name,
        .stack = stack.stack,
        .version = stack.version,
        .labels = stack.labels,
        .expose = stack.expose,
        .variables = stack.variables
    };
    return json::encode_text(facts);
}

class Planner {
public:
    Planner(LiveGrid& grid, core::TimePoint now)
        : before_(grid.view())
        , taken_(grid.cluster())
        , now_(now) {}

    /// Adds what takes one stack to its spec.
    void add_stack(std::shared_ptr<model::StackSpec const> const& spec, Desired const& desired) {
        auto const id = core::stack_id(view().grid->id, spec->name);
        auto const actions = actions_.size();
        remove_dropped(id, *spec, cause_at(desired.cause, spec->origin));
        for (auto const* service : in_link_order(*spec)) add_service(id, *service, desired);
        put_stack(id, spec, desired, actions_.size() != actions);
    }

    void remove_stack(core::StackId const& id, Cause const& cause) {
        std::vector<core::ServiceId> services;
        for (auto const& [service, unused] : services_of(view(), id)) services.push_back(service);
        for (auto const& service : services) remove_service(service, "its stack is removed", cause);
        actions_.push_back(
            {.kind = ActionKind::remove_stack, .stack = id, .reason = cause.detail, .cause = cause}
        );
        after().stacks.erase(id);
        effects_.removed_stacks.push_back(id);
    }

    void scale(core::ServiceId const& id, int instances, Cause const& cause) {
        auto const& current = *view().services.at(id).service;
        auto spec = current.spec();
        auto const before = spec;
        spec.instances = instances;
        auto action = change_action(id, ActionKind::scale, cause);
        action.changes = diff(before, spec);
        auto next = current;
        next.specs.back().spec = std::make_shared<model::ServiceSpec const>(std::move(spec));
        deploy(std::move(action), std::move(next));
    }

    /// Moves instances of one service; nothing else about it changes.
    void move(core::ServiceId const& id, std::vector<Move> moves, Cause const& cause) {
        auto action = change_action(id, ActionKind::move, cause);
        action.reason = "others have less to do";
        std::vector<model::PlannedInstance> planned;
        for (auto& one : moves)
            planned.push_back(
                {.number = one.number,
                 .kind = PlacementKind::move,
                 .node = one.to,
                 .from = one.from,
                 .explanation = std::move(one.explanation)}
            );
        deploy(std::move(action), *view().services.at(id).service);
        auto& started = effects_.deploys.back();
        started.planned = std::move(planned);
        after().services.at(id).deploy = std::make_shared<model::Deploy const>(started);
    }

    Prepared
    finish(core::SourceId const& source, core::RevisionId const& revision, Cause const& cause) {
        place_instances();
        Prepared out;
        out.plan.grid = view().grid->id;
        out.plan.source = source;
        out.plan.revision = revision;
        out.plan.cause = cause;
        out.plan.created_at = now_;
        out.plan.hash = hash();
        if (!actions_.empty()) out.plan.id = plan_id(out.plan.hash);
        out.plan.blocked = std::move(blocked_);
        for (auto& deploy : effects_.deploys) {
            if (!deploy.finished()) deploy.plan = out.plan.id;
        }
        out.plan.basis = basis(revision);
        out.plan.actions = std::move(actions_);
        out.effects = std::move(effects_);
        return out;
    }

private:
    /// The grid as it will be.
    GridView const& view() const { return changed_ ? *changed_ : before_; }

    GridView& after() {
        if (!changed_) changed_ = before_;
        return *changed_;
    }

    static Cause cause_at(Cause cause, model::Origin const& origin) {
        cause.file = origin.file;
        cause.line = origin.line;
        return cause;
    }

    Action change_action(core::ServiceId const& id, ActionKind kind, Cause const& cause) const {
        return {.kind = kind, .stack = core::stack_of(id), .service = id, .cause = cause};
    }

    void remove_dropped(core::StackId const& id, model::StackSpec const& spec, Cause const& cause) {
        std::vector<core::ServiceId> dropped;
        for (auto const& [service, unused] : services_of(view(), id)) {
            bool const wanted = std::ranges::any_of(spec.services, [&](auto const& s) {
                return s.name == service.leaf();
            });
            if (!wanted) dropped.push_back(service);
        }
        for (auto const& service : dropped) {
            remove_service(service, fmt::format("{} no longer has it", spec.origin.file), cause);
        }
    }

    void remove_service(core::ServiceId const& id, std::string reason, Cause const& cause) {
        auto action = change_action(id, ActionKind::remove, cause);
        action.reason = std::move(reason);
        for (auto const& instance : view().services.at(id).instances) {
            if (!instance.assignment) continue;
            action.instances.push_back(
                {.number = instance.number,
                 .kind = PlacementKind::stop,
                 .node = instance.assignment->node}
            );
        }
        actions_.push_back(std::move(action));
        after().services.erase(id);
        effects_.removed_services.push_back(id);
    }

    void add_service(
        core::StackId const& stack, model::NamedService const& wanted, Desired const& desired
    ) {
        auto const id = core::service_id(stack, wanted.name);
        auto const cause = cause_at(desired.cause, wanted.origin);
        auto const it = view().services.find(id);
        if (it == view().services.end()) return create(id, wanted, cause);
        auto const& current = *it->second.service;
        auto const& deploy = it->second.deploy;
        bool const failed = deploy && deploy->state == DeployState::error;
        if (!same_container(current.spec(), wanted.spec)) {
            redefine(current, wanted, cause);
        } else if (failed && desired.retry_failed) {
            replace(
                current, wanted, fmt::format("its last deploy failed: {}", deploy->reason), cause
            );
        } else if (current.spec().instances != wanted.spec.instances) {
            rescale(current, wanted, cause);
        } else if (current.origin != wanted.origin) {
            auto next = current;
            next.origin = wanted.origin;
            put_service(std::move(next));
        }
    }

    void create(core::ServiceId const& id, model::NamedService const& wanted, Cause const& cause) {
        auto action = change_action(id, ActionKind::create, cause);
        action.reason = "it is new";
        model::Service next{.id = id, .origin = wanted.origin, .created_at = now_};
        next.specs.push_back(
            {1, std::make_shared<model::ServiceSpec const>(wanted.spec), now_, cause}
        );
        deploy(std::move(action), std::move(next));
    }

    /// Another definition. Containers that still run it, from before, are kept.
    void
    redefine(model::Service const& current, model::NamedService const& wanted, Cause const& cause) {
        auto const had = std::ranges::find_if(current.specs, [&](model::SpecRevision const& s) {
            return same_container(*s.spec, wanted.spec);
        });
        if (had == current.specs.end())
            return replace(current, wanted, "its definition changed", cause);
        auto action = change_action(current.id, ActionKind::replace, cause);
        action.reason = fmt::format("its definition is that of revision {} again", had->number);
        action.changes = diff(current.spec(), wanted.spec);
        auto next = current;
        next.origin = wanted.origin;
        auto const at = next.specs.begin() + (had - current.specs.begin());
        std::rotate(at, at + 1, next.specs.end());
        next.specs.back().spec = std::make_shared<model::ServiceSpec const>(wanted.spec);
        deploy(std::move(action), std::move(next));
    }

    void replace(
        model::Service const& current,
        model::NamedService const& wanted,
        std::string reason,
        Cause const& cause
    ) {
        auto action = change_action(current.id, ActionKind::replace, cause);
        action.reason = std::move(reason);
        action.changes = diff(current.spec(), wanted.spec);
        auto next = current;
        next.origin = wanted.origin;
        next.specs.push_back(
            {next_spec_number(current),
             std::make_shared<model::ServiceSpec const>(wanted.spec),
             now_,
             cause}
        );
        drop_old_specs(next);
        deploy(std::move(action), std::move(next));
    }

    void
    rescale(model::Service const& current, model::NamedService const& wanted, Cause const& cause) {
        auto action = change_action(current.id, ActionKind::scale, cause);
        action.reason = fmt::format(
            "{} instance{} instead of {}",
            wanted.spec.instances,
            wanted.spec.instances == 1 ? "" : "s",
            current.spec().instances
        );
        action.changes = diff(current.spec(), wanted.spec);
        auto next = current;
        next.origin = wanted.origin;
        next.specs.back().spec = std::make_shared<model::ServiceSpec const>(wanted.spec);
        deploy(std::move(action), std::move(next));
    }

    void drop_old_specs(model::Service& service) const {
        std::set<std::int64_t> in_use;
        for (auto const& instance : view().services.at(service.id).instances) {
            if (instance.assignment) in_use.insert(instance.assignment->revision);
        }
        auto surplus = std::ptrdiff_t(service.specs.size()) - std::ptrdiff_t(kKeptSpecs);
        in_use.insert(service.good);
        std::erase_if(service.specs, [&](auto const& s) {
            return surplus-- > 0 && !in_use.contains(s.number);
        });
    }

    /// Gives the changed service its next deploy, which supersedes an unfinished one.
    void deploy(Action action, model::Service next) {
        next.state = model::ServiceState::running;
        next.cause = action.cause;
        action.after = dependencies(next.id, next.spec());
        auto [service, started] = redeploy(std::move(next), action.cause, now_);
        action.deploy = started.id;
        auto& had = after().services[service.id].deploy;
        if (had && !had->finished()) {
            auto superseded = *had;
            superseded.state = DeployState::error;
            superseded.reason = fmt::format("superseded by deploy {}", started.id.leaf());
            superseded.finished_at = now_;
            effects_.deploys.push_back(std::move(superseded));
        }
        had = std::make_shared<model::Deploy const>(started);
        effects_.deploys.push_back(std::move(started));
        actions_.push_back(std::move(action));
        put_service(std::move(service));
    }

    void put_service(model::Service next) {
        after().services[next.id].service = std::make_shared<model::Service const>(next);
        effects_.services.push_back(std::move(next));
    }

    void put_stack(
        core::StackId const& id,
        std::shared_ptr<model::StackSpec const> const& spec,
        Desired const& desired,
        bool touched
    ) {
        auto const it = view().stacks.find(id);
        bool const known = it != view().stacks.end();
        bool const same =
            known && (it->second->spec == spec || same_stack(*it->second->spec, *spec));
        bool const forced = known && it->second->owner != desired.source;
        if (known && !same && !touched) {
            actions_.push_back(
                {.kind = ActionKind::update_stack,
                 .stack = id,
                 .reason = "its file is another, and nothing runs differently",
                 .cause = cause_at(desired.cause, spec->origin)}
            );
        }
        // What stays as it is keeps the commit that it came with.
        if (same && (it->second->spec == spec || *it->second->spec == *spec)) return;
        model::Stack next =
            known ? *it->second : model::Stack{.id = id, .number = 0, .created_at = now_};
        // A forced change by hand leaves the stack with its owner: it is drift.
        if (!forced) {
            next.owner = desired.source;
            next.revision = desired.revision;
            next.commit = desired.commit;
        }
        if (!same) {
            next.number += 1;
            facts_ += facts_of(*spec);
        }
        next.spec = spec;
        next.updated_at = now_;
        effects_.stacks.push_back(std::move(next));
    }

    /// Tries the placements on the grid as it will be, in the order of the actions.
    void place_instances() {
        if (effects_.deploys.empty()) return;
        auto cluster = taken_;
        for (auto const& id : effects_.removed_services) cluster.release(id);
        for (auto const& service : effects_.services) cluster.hold(view().services.at(service.id));
        std::map<core::DeployId, model::Deploy*> deploys;
        for (auto& deploy : effects_.deploys) deploys.emplace(deploy.id, &deploy);
        for (auto& action : actions_) {
            if (action.deploy.empty()) continue;
            auto const& service = view().services.at(action.service);
            auto const placement = place(cluster, *view().grid, service, now_);
            for (auto const& target : placement.targets) plan_instance(action, service, target);
            plan_surplus(action, service, placement);
            action.at_once = disturbed(action, service.service->spec());
            promise(action, *deploys.at(action.deploy));
        }
    }

    void plan_instance(Action& action, ServiceView const& view, Target const& target) {
        if (!target.blocked.empty()) {
            blocked_.push_back(
                {action.service, target.number, target.blocked, target.explanation.refusals}
            );
            return;
        }
        auto kind = target.kind;
        auto const* instance = view.find(target.number);
        bool const assigned = instance != nullptr && instance->assignment;
        if (kind == PlacementKind::keep && assigned &&
            instance->assignment->revision != view.service->current().number) {
            kind = PlacementKind::replace;
        }
        action.instances.push_back(
            {target.number, kind, target.node, target.from, target.explanation}
        );
    }

    /// How many instances that serve are taken down at a time.
    static int disturbed(Action const& action, model::ServiceSpec const& spec) {
        auto const count = std::ranges::count_if(action.instances, [](auto const& instance) {
            return instance.kind == PlacementKind::replace || instance.kind == PlacementKind::move;
        });
        if (spec.deploy_opts.order == model::RolloutOrder::start_first) return 0;
        auto const total = std::ranges::count_if(action.instances, [](auto const& instance) {
            return instance.kind != PlacementKind::stop;
        });
        return std::min(int(count), unavailable_budget(int(total), spec.deploy_opts.min_health));
    }

    static void plan_surplus(Action& action, ServiceView const& view, Placement const& placement) {
        for (auto const& instance : view.instances) {
            if (placement.wants(instance.number) || !instance.assignment) continue;
            action.instances.push_back(
                {.number = instance.number,
                 .kind = PlacementKind::stop,
                 .node = instance.assignment->node}
            );
        }
    }

    static void promise(Action const& action, model::Deploy& deploy) {
        for (auto const& planned : action.instances) {
            if (planned.kind == PlacementKind::start) deploy.planned.push_back(planned);
        }
    }

    /// Everything that the decisions rest on: the nodes, and the services that change.
    std::string basis(core::RevisionId const& revision) const {
        std::string text = revision.str();
        for (auto const& node : view().nodes) {
            text += fmt::format(
                "\n{} {} {} {} {} {}",
                node->id.str(),
                node->connected,
                int(node->availability),
                node->info.cpus,
                node->info.mem_total,
                fmt::join(node->labels, ",")
            );
        }
        for (auto const& action : actions_) {
            auto const it = view().services.find(action.service);
            if (it == view().services.end()) continue;
            text += fmt::format("\n{} {}", action.service.str(), it->second.service->deploys);
            for (auto const& instance : it->second.instances) {
                if (!instance.assignment) continue;
                text += fmt::format(
                    " {}:{}@{}",
                    instance.number,
                    instance.assignment->revision,
                    instance.assignment->node.leaf()
                );
            }
        }
        return core::content_digest(text).substr(0, 12);
    }

    /// Stands for what is done, whoever asked for it, wherever the words for it stood, and whatever
    /// spoke for each node. With the definitions: the actions show no secrets.
    std::string hash() const {
        auto actions = actions_;
        auto blocked = blocked_;
        for (auto& action : actions) {
            action.cause = {};
            for (auto& instance : action.instances) instance.explanation = {};
        }
        for (auto& one : blocked) one.refusals.clear();
        auto text = json::encode_text(actions) + json::encode_text(blocked) + facts_;
        for (auto const& action : actions_)
            if (!action.deploy.empty())
                text += json::encode_text(view().services.at(action.service).service->spec());
        return core::content_digest(text).substr(0, kHashDigits);
    }

    /// In the order of time; what happens again is another plan.
    core::PlanId plan_id(std::string_view hash) const {
        auto const days = std::chrono::floor<std::chrono::days>(now_);
        std::chrono::year_month_day const date(days);
        std::chrono::hh_mm_ss const time(now_ - days);
        return core::PlanId(fmt::format(
            "{}/{:04}{:02}{:02}-{:02}{:02}{:02}.{:03}-{}",
            view().grid->id.str(),
            int(date.year()),
            unsigned(date.month()),
            unsigned(date.day()),
            time.hours().count(),
            time.minutes().count(),
            time.seconds().count(),
            time.subseconds().count(),
            hash.substr(0, kHashInId)
        ));
    }

    GridView const& before_;
    std::optional<GridView> changed_; ///< once there is something to change
    Cluster const& taken_;
    core::TimePoint now_;
    std::vector<Action> actions_;
    std::vector<model::Blocked> blocked_;
    std::string facts_; ///< of the stacks that change
    Effects effects_;
};

Result<void>
check_owner(GridView const& view, Desired const& desired, model::StackSpec const& spec) {
    auto const it = view.stacks.find(core::stack_id(view.grid->id, spec.name));
    if (it == view.stacks.end() || it->second->owner == desired.source || desired.force) return {};
    return fail(
        Errc::conflict,
        fmt::format(
            "stack {} belongs to source {}: change it there, or pass --force to change it by hand",
            spec.name,
            it->second->owner.leaf()
        )
    );
}

Result<void> check_unique(Desired const& desired) {
    std::map<std::string_view, std::string_view> seen;
    for (auto const& stack : desired.stacks) {
        auto const [it, fresh] = seen.emplace(stack->name, stack->origin.file);
        if (fresh) continue;
        return fail(
            Errc::invalid,
            fmt::format("two files define the stack {}", stack->name),
            {{.path = "stack",
              .reason = fmt::format("stack {} is defined in {} already", stack->name, it->second),
              .file = stack->origin.file,
              .line = stack->origin.line}}
        );
    }
    return {};
}

/// Stacks of this source that it no longer has.
std::vector<core::StackId> orphans(GridView const& view, Desired const& desired) {
    std::set<std::string_view> wanted;
    for (auto const& stack : desired.stacks) wanted.insert(stack->name);
    std::vector<core::StackId> out;
    for (auto const& [id, stack] : view.stacks)
        if (stack->owner == desired.source && !wanted.contains(id.leaf())) out.push_back(id);
    return out;
}

/// Others that link into the stack, as `stack/service`.
std::vector<std::string> linked_from(GridView const& view, core::StackId const& stack) {
    std::vector<std::string> out;
    for (auto const& [id, service] : view.services) {
        if (core::stack_of(id) == stack) continue;
        for (auto const& target : dependencies(id, service.service->spec())) {
            if (core::stack_of(target) == stack) out.push_back(name_in_grid(id));
        }
    }
    return out;
}

} // namespace

Result<Prepared> prepare(LiveGrid& grid, Desired const& desired, core::TimePoint now) {
    auto const& view = grid.view();
    KCHECK(check_unique(desired));
    auto stacks = desired.stacks;
    std::ranges::sort(stacks, {}, [](auto const& s) { return s->name; });
    for (auto const& stack : stacks) KCHECK(check_owner(view, desired, *stack));
    Planner planner(grid, now);
    if (desired.prune) {
        auto cause = desired.cause;
        cause.detail = fmt::format("source {} no longer has it", desired.source.leaf());
        for (auto const& id : orphans(view, desired)) planner.remove_stack(id, cause);
    }
    for (auto const& stack : stacks) planner.add_stack(stack, desired);
    auto out = planner.finish(desired.source, desired.revision, desired.cause);
    out.plan.prune = desired.prune;
    out.plan.force = desired.force;
    out.plan.retry_failed = desired.retry_failed;
    return out;
}

namespace {

std::string what(Action const& action) {
    auto const& id = action.service.empty() ? action.stack.str() : action.service.str();
    return fmt::format(
        "{} {}", json::enum_name(action.kind), std::string_view(id).substr(id.find('/') + 1)
    );
}

std::string places(Action const& action) {
    std::vector<std::string> out;
    for (auto const& instance : action.instances) {
        if (instance.kind == PlacementKind::keep) continue;
        out.push_back(fmt::format(
            "{} {} on {}",
            json::enum_name(instance.kind),
            instance.number,
            instance.node.empty() ? "no node" : instance.node.leaf()
        ));
    }
    return fmt::format("{}", fmt::join(out, ", "));
}

std::string blocked_text(model::Blocked const& blocked) {
    return fmt::format("{}-{}: {}", name_in_grid(blocked.service), blocked.number, blocked.reason);
}

} // namespace

std::vector<std::string> moved(model::Plan const& saved, model::Plan const& now) {
    std::vector<std::string> out;
    std::map<std::string, Action const*> then;
    for (auto const& action : saved.actions) then.emplace(what(action), &action);
    for (auto const& action : now.actions) {
        auto const found = then.find(what(action));
        if (found == then.end()) {
            out.push_back(fmt::format("now also: {} ({})", what(action), action.reason));
            continue;
        }
        auto const& before = *found->second;
        then.erase(found);
        if (places(before) != places(action))
            out.push_back(fmt::format(
                "{}: it was to {}, now it would {}", what(action), places(before), places(action)
            ));
        if (before.changes != action.changes)
            out.push_back(fmt::format("{}: other fields change than before", what(action)));
        else if (before.deploy != action.deploy)
            out.push_back(fmt::format(
                "{}: it was to be deploy {}, now it would be deploy {}",
                what(action),
                before.deploy.leaf(),
                action.deploy.leaf()
            ));
    }
    for (auto const& [name, action] : then)
        out.push_back(fmt::format("no longer wanted: {} ({})", name, action->reason));
    std::set<std::string> known;
    for (auto const& blocked : saved.blocked) known.insert(blocked_text(blocked));
    for (auto const& blocked : now.blocked)
        if (!known.erase(blocked_text(blocked)))
            out.push_back(fmt::format("now blocked: {}", blocked_text(blocked)));
    for (auto const& text : known) out.push_back(fmt::format("no longer blocked: {}", text));
    return out;
}

namespace {

/// Another number of instances must not carry a rollout on that was stopped. One that found no
/// place is another matter: fewer instances may be the remedy.
Result<void> check_at_rest(ServiceView const& view) {
    auto const& deploy = view.deploy;
    if (!deploy || deploy->state == DeployState::success) return {};
    auto const name = name_in_grid(view.service->id);
    auto const ahead = view.service->current().number;
    if (!deploy->finished()) {
        if (!deploy->paused) return {};
        return fail(
            Errc::conflict,
            fmt::format(
                "{0} is not scaled: its deploy {1} is paused, and scaling would carry it on. "
                "First: kontena deploy resume {0}, or kontena deploy abort {0}",
                name,
                deploy->id.leaf()
            )
        );
    }
    bool const remedy = !deploy->failure || deploy->failure->gate == "placement";
    if (remedy || view.service->good == 0 || view.service->good == ahead) return {};
    return fail(
        Errc::conflict,
        fmt::format(
            "{0} is not scaled: its deploy {1} to revision {2} {3}, and scaling would carry it on. "
            "To carry it on: kontena deploy resume {0}. To go back: apply the definition that it "
            "had before (revision {4})",
            name,
            deploy->id.leaf(),
            ahead,
            deploy->aborted_by.empty() ? "failed" : fmt::format("was {}", deploy->reason),
            view.service->good
        )
    );
}

} // namespace

Result<Prepared> prepare_scale(
    LiveGrid& grid, core::ServiceId const& service, int instances, Cause cause, core::TimePoint now
) {
    auto const& services = grid.view().services;
    if (!services.contains(service))
        return fail(Errc::not_found, fmt::format("there is no service {}", service));
    Planner planner(grid, now);
    bool const same = services.at(service).service->spec().instances == instances;
    if (!same) {
        KCHECK(check_at_rest(services.at(service)));
        planner.scale(service, instances, cause);
    }
    return planner.finish({}, {}, cause);
}

Result<Prepared>
prepare_removal(LiveGrid& grid, core::StackId const& stack, Cause cause, core::TimePoint now) {
    auto const& view = grid.view();
    if (!view.stacks.contains(stack))
        return fail(Errc::not_found, fmt::format("there is no stack {}", stack));
    if (auto const users = linked_from(view, stack); !users.empty()) {
        return fail(
            Errc::conflict,
            fmt::format(
                "stack {} is linked from {}: remove those first",
                stack.leaf(),
                fmt::join(users, ", ")
            )
        );
    }
    Planner planner(grid, now);
    planner.remove_stack(stack, cause);
    return planner.finish({}, {}, cause);
}

Result<Prepared> prepare_rebalance(LiveGrid& grid, int moves, Cause cause, core::TimePoint now) {
    std::map<core::ServiceId, std::vector<Move>> by_service;
    for (auto& move : rebalance(grid.cluster(), grid.view(), moves, now))
        by_service[move.service].push_back(std::move(move));
    Planner planner(grid, now);
    for (auto& [service, its] : by_service) planner.move(service, std::move(its), cause);
    auto out = planner.finish({}, {}, cause);
    out.plan.moves = moves;
    return out;
}

} // namespace kontena::reconciler
