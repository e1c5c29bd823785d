#include "tests/sim/engine.hpp"

#include "reconciler/scheduler/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kontena::sim {
namespace {

namespace node = reconciler::node;
using core::Errc;
using core::fail;

constexpr int kKilled = 137;

std::string moment(Time time) { return fmt::format("{}", time.count()); }

} // namespace

Engine::Engine(
    Schedule& schedule,
    Timeline& timeline,
    Laws& laws,
    std::string host,
    std::vector<Image> const& images,
    std::uint64_t seed
)
    : schedule_(schedule)
    , timeline_(timeline)
    , laws_(laws)
    , host_(std::move(host))
    , random_(seed, "engine " + host_) {
    for (auto const& one : images) images_[one.name] = one;
}

Image const& Engine::image(std::string const& name) const {
    static Image const good;
    auto const it = images_.find(name);
    return it == images_.end() ? good : it->second;
}

Image const& Engine::image_of(Container const& container) const {
    return image(container.spec ? container.spec->image : "");
}

Container* Engine::by_id(std::string const& id) {
    auto const it =
        std::ranges::find_if(containers_, [&](auto const& c) { return c.second.id == id; });
    return it == containers_.end() ? nullptr : &it->second;
}

Container const* Engine::inspect(std::string const& name) const {
    auto const it = containers_.find(name);
    return it == containers_.end() ? nullptr : &it->second;
}

void Engine::later(core::Millis delay, Done done, std::function<core::Result<std::string>()> work) {
    schedule_.after(delay, [this, boot = boot_, done = std::move(done), work = std::move(work)] {
        if (boot != boot_) return; // whoever asked is gone as well
        done(answers() ? work() : fail(Errc::unavailable, "the engine does not answer"));
    });
}

void Engine::pull(std::string const& name, Done done) {
    auto const& wanted = image(name);
    bool const here = local_images_.contains(name);
    auto takes = here ? core::Millis(200) : wanted.pull;
    if (trouble.slow_pull > 0) takes *= trouble.slow_pull;
    takes += core::Millis(random_.between(0, 200));
    later(takes, std::move(done), [this, name]() -> core::Result<std::string> {
        if (image(name).behaviour == Behaviour::missing)
            return fail(Errc::not_found, fmt::format("no such image: {}", name));
        // What is here is good enough while the registry is away.
        if (trouble.no_pull > 0 && !local_images_.contains(name))
            return fail(Errc::internal, "the registry does not answer");
        local_images_.insert(name);
        return name;
    });
}

void Engine::create(
    std::string name, node::Labels labels, std::shared_ptr<model::ServiceSpec const> spec, Done done
) {
    core::Millis const takes(random_.between(20, 100));
    later(takes, std::move(done), [this, name, labels, spec]() -> core::Result<std::string> {
        if (containers_.contains(name))
            return fail(Errc::conflict, fmt::format("the name {} is in use", name));
        Container made{.id = fmt::format("{}-{}", host_, ++next_id_), .name = name};
        made.labels = labels;
        made.ours = node::identify(name, labels, labels.at(node::label::grid_name));
        made.spec = spec;
        auto id = made.id;
        timeline_.note([&] {
            return fmt::format("{}: {} created from {}", host_, name, spec->image);
        });
        containers_.emplace(name, std::move(made));
        return id;
    });
}

void Engine::start(std::string id, Done done) {
    core::Millis const takes(random_.between(50, 300));
    later(takes, std::move(done), [this, id]() -> core::Result<std::string> {
        auto* found = by_id(id);
        if (found == nullptr) return fail(Errc::not_found, "no such container");
        guard(*found, "started");
        return start_now(*found);
    });
}

core::Result<std::string> Engine::start_now(Container& container) {
    if (container.running()) return container.id;
    if (image_of(container).behaviour == Behaviour::will_not_start) {
        container.start_error = "exec format error";
        return fail(Errc::invalid, container.start_error);
    }
    if (auto taken = port_taken(container)) {
        container.start_error = *taken;
        timeline_.note([&] {
            return fmt::format("{}: {} cannot start: {}", host_, container.name, *taken);
        });
        return fail(Errc::internal, std::move(*taken));
    }
    container.phase = node::Phase::running;
    container.started = schedule_.now();
    container.start_error.clear();
    ++container.runs;
    timeline_.note([&] { return fmt::format("{}: {} started", host_, container.name); });
    exit_when_due(container);
    tell(container.name);
    return container.id;
}

std::optional<std::string> Engine::port_taken(Container const& container) const {
    for (auto const& wanted : container.spec->ports) {
        for (auto const& [name, other] : containers_) {
            if (!other.running() || !other.spec) continue;
            for (auto const& port : other.spec->ports) {
                if (reconciler::collide({port.protocol, port.node_port, port.ip}, wanted))
                    return fmt::format(
                        "Bind for {}:{} failed: port is already allocated (to {})",
                        wanted.ip,
                        wanted.node_port,
                        name
                    );
            }
        }
    }
    return std::nullopt;
}

void Engine::exit_when_due(Container& container) {
    auto const& made_of = image_of(container);
    bool const dies = made_of.behaviour == Behaviour::crashes ||
                      (made_of.behaviour == Behaviour::flaky && random_.chance(50));
    if (!dies) return;
    schedule_.after(made_of.ready, [this, id = container.id, run = container.runs] {
        auto* found = by_id(id);
        if (found != nullptr && found->running() && found->runs == run) exit(*found, 1);
    });
}

void Engine::exit(Container& container, int code) {
    container.phase = node::Phase::exited;
    container.finished_at = moment(schedule_.now());
    container.exit_code = code;
    timeline_.note([&] { return fmt::format("{}: {} exited with {}", host_, container.name, code); }
    );
    tell(container.name);
}

void Engine::stop(std::string id, core::Seconds grace, Done done) {
    auto* found = by_id(id);
    if (found != nullptr && answers()) {
        guard(*found, "stopped");
        found->stopping = true;
    }
    // Some programs take no notice of a polite request.
    core::Millis const asked(random_.chance(20) ? 60'000 : random_.between(50, 3000));
    auto const takes = std::min<core::Millis>(asked, grace);
    later(takes, std::move(done), [this, id]() -> core::Result<std::string> {
        auto* container = by_id(id);
        if (container == nullptr) return fail(Errc::not_found, "no such container");
        container->stopping = false;
        if (container->running()) exit(*container, 0);
        return id;
    });
}

void Engine::remove(std::string id, bool anonymous_volumes, Done done) {
    core::Millis const takes(random_.between(20, 200));
    later(takes, std::move(done), [this, id, anonymous_volumes]() -> core::Result<std::string> {
        auto* found = by_id(id);
        if (found == nullptr) return fail(Errc::not_found, "no such container");
        guard(*found, "removed");
        if (found->spec && found->spec->stateful && anonymous_volumes)
            laws_.broken(
                "data of stateful services stays",
                fmt::format("{}: {} was removed with its volumes", host_, found->name)
            );
        if (found->running()) return fail(Errc::conflict, "the container runs");
        auto const name = found->name;
        timeline_.note([&] { return fmt::format("{}: {} removed", host_, name); });
        containers_.erase(name);
        tell(name);
        return id;
    });
}

bool Engine::ready(Container const& container) const {
    auto const& made_of = image_of(container);
    return container.running() && made_of.behaviour != Behaviour::never_ready &&
           schedule_.now() >= container.started + made_of.ready;
}

void Engine::power_off() {
    powered_ = false;
    changed_ = true;
    ++boot_;
    for (auto& [name, container] : containers_) {
        container.stopping = false;
        if (!container.running() || foreign_.contains(name)) continue;
        container.phase = node::Phase::exited;
        container.finished_at = moment(schedule_.now());
        container.exit_code = kKilled;
    }
}

void Engine::crash(std::string const& name) {
    auto const it = containers_.find(name);
    if (it != containers_.end() && it->second.running()) exit(it->second, kKilled);
}

void Engine::take_away(std::string const& name) {
    timeline_.note([&] { return fmt::format("{}: somebody removes {}", host_, name); });
    if (containers_.erase(name) > 0) tell(name);
}

void Engine::run_foreign(std::string name, node::Labels labels) {
    if (containers_.contains(name)) return;
    Container made{.id = fmt::format("{}-x{}", host_, ++next_id_), .name = name};
    made.labels = std::move(labels);
    made.phase = node::Phase::running;
    made.started = schedule_.now();
    foreign_.insert(name);
    containers_.emplace(std::move(name), std::move(made));
}

void Engine::end_foreign(std::string const& name) {
    if (foreign_.erase(name) == 0) return;
    containers_.erase(name);
    tell(name);
}

void Engine::tell(std::string const& name) {
    changed_ = true;
    if (on_event) on_event(name);
}

void Engine::guard(Container const& container, std::string_view doing) {
    if (!foreign_.contains(container.name)) return;
    laws_.broken(
        "containers of others are never touched",
        fmt::format("{}: {} was {}", host_, container.name, doing)
    );
}

} // namespace kontena::sim
