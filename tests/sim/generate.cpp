#include "tests/sim/generate.hpp"

#include "tests/sim/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace kontena::sim {
namespace {

using namespace std::chrono_literals;
using model::NamedService;
using model::StackSpec;

constexpr int kNodes = 20;
constexpr core::Millis kLastFault = 290s;  ///< all faults are over by then
constexpr core::Millis kMended = 300s;     ///< a commit without anything broken
constexpr core::Millis kTriedAgain = 420s; ///< and a retry, once all agents are back
constexpr int kInstancesPerPort = 12;      ///< of 20 nodes

std::vector<std::string> const kGood = {"app:1", "app:2", "app:3", "app:4", "app:5"};
std::vector<std::string> const kBad = {"missing:1", "crashes:1", "flaky:1", "never:1", "nostart:1"};

class Generator {
public:
    explicit Generator(std::uint64_t seed)
        : random_(seed, "scenario") {
        out_.seed = seed;
    }

    Scenario run() {
        make_nodes();
        make_images();
        make_stacks();
        commit(1s);
        auto const changes = random_.between(2, 6);
        std::vector<int> moments;
        for (int i = 0; i < changes; ++i) moments.push_back(random_.between(10, 280));
        std::ranges::sort(moments);
        for (auto const at : moments) {
            for (int i = random_.between(1, 2); i > 0; --i) change();
            commit(core::Seconds(at));
        }
        mend();
        commit(kMended);
        commit(kTriedAgain);
        out_.commits.back().retry = true;
        out_.faults = generate_faults(out_.seed, out_.nodes, kLastFault);
        return std::move(out_);
    }

private:
    void make_nodes() {
        for (int i = 1; i <= kNodes; ++i) {
            Host host{.name = fmt::format("n{}", i)};
            host.labels.push_back(fmt::format("az={}", "abc"[i % 3]));
            host.labels.push_back(i % 3 == 0 ? "disk=ssd" : "disk=hdd");
            if (random_.chance(30)) host.skew = core::Millis(random_.between(-60'000, 60'000));
            out_.nodes.push_back(std::move(host));
        }
    }

    void make_images() {
        for (auto const& name : kGood) {
            out_.images.push_back(
                {.name = name,
                 .pull = core::Millis(random_.between(200, 8000)),
                 .ready = core::Millis(random_.between(100, 4000))}
            );
        }
        Behaviour const how[] = {
            Behaviour::missing,
            Behaviour::crashes,
            Behaviour::flaky,
            Behaviour::never_ready,
            Behaviour::will_not_start,
        };
        for (std::size_t i = 0; i < kBad.size(); ++i)
            out_.images.push_back({.name = kBad[i], .behaviour = how[i]});
    }

    void make_stacks() {
        auto const count = random_.between(3, 8);
        auto const split = random_.chance(50) ? random_.between(1, count - 1) : count;
        stacks_.push_back(new_stack("s"));
        for (int i = 0; i < count; ++i) {
            if (i == split) stacks_.push_back(new_stack("t"));
            stacks_.back().services.push_back(new_service(i + 1));
        }
    }

    static StackSpec new_stack(std::string name) {
        StackSpec out;
        out.name = out.stack = std::move(name);
        out.origin = {out.name + ".yml", 1};
        return out;
    }

    NamedService new_service(int number) {
        NamedService out{.name = fmt::format("svc{}", number)};
        auto& spec = out.spec;
        spec.image = random_.pick(kGood);
        spec.stop_grace_period = random_.between(1, 10);
        auto const kind = random_.between(1, 10);
        if (kind == 1 && !daemon_) {
            daemon_ = true;
            spec.strategy = model::Strategy::daemon;
            if (random_.chance(60)) spec.affinity = {"label==disk=ssd"};
        } else if (kind <= 3) {
            spec.strategy = model::Strategy::random;
            spec.instances = random_.between(1, 5);
        } else {
            spec.stateful = kind >= 9;
            spec.instances = random_.between(spec.stateful ? 1 : 0, spec.stateful ? 3 : 6);
            choose_place(spec);
        }
        choose_rollout(spec.deploy_opts);
        if (spec.deploy_opts.wait_for_port && random_.chance(30)) {
            model::HealthCheck check{.port = 80};
            check.initial_delay = 5;
            spec.health_check = check;
        }
        auto const& others = stacks_.back().services;
        if (!others.empty() && random_.chance(20))
            spec.links.push_back({random_.pick(others).name, "other"});
        return out;
    }

    /// A port or a rule, not both: any healthy grid has a place for every instance.
    void choose_place(model::ServiceSpec& spec) {
        if (spec.stateful && random_.chance(45)) {
            // Of its own: what has data on a node cannot make way for others.
            spec.ports.push_back({.node_port = ++private_port_, .container_port = 80});
        } else if (random_.chance(45)) {
            auto const port = std::uint16_t(random_.between(8080, 8081));
            auto& given = ports_[port];
            if (given + spec.instances > kInstancesPerPort) return;
            given += spec.instances;
            spec.ports.push_back({.node_port = port, .container_port = 80});
        } else if (random_.chance(35)) {
            spec.affinity = {random_.pick(std::vector<std::string>{
                "label==disk=ssd", "label!=az=a", "label==~disk=ssd", "node!=n1"
            })};
        }
    }

    void choose_rollout(model::DeployOptions& options) {
        options.min_health = random_.pick(std::vector<double>{0.0, 0.5, 0.8, 0.8, 1.0});
        options.on_failure = random_.pick(std::vector<std::optional<model::OnFailure>>{
            std::nullopt,
            model::OnFailure::rollback,
            model::OnFailure::pause,
            model::OnFailure::continue_,
        });
        if (random_.chance(30)) options.order = model::RolloutOrder::start_first;
        if (random_.chance(15)) options.spread = "disk";
        if (random_.chance(40)) options.wait_for_port = 80;
        if (random_.chance(30)) options.reschedule_after = random_.between(10, 60);
        if (random_.chance(50)) options.instance_timeout = random_.between(30, 90);
    }

    NamedService* any_service() {
        std::vector<NamedService*> all;
        for (auto& stack : stacks_) {
            for (auto& service : stack.services) all.push_back(&service);
        }
        return all.empty() ? nullptr : random_.pick(all);
    }

    void change() {
        auto* chosen = any_service();
        if (chosen == nullptr) return bring_back();
        auto& spec = chosen->spec;
        switch (random_.between(1, 12)) {
        case 1:
        case 2:
            return scale(spec);
        case 3:
        case 4:
            spec.image = random_.pick(kGood);
            return;
        case 5:
            spec.env = {fmt::format("VERSION={}", random_.between(1, 99))};
            return;
        case 6:
            spec.image = random_.pick(kBad);
            return;
        case 7:
            return take_out(chosen->name);
        case 8:
            return bring_back();
        case 9:
        case 10:
            return change_port(spec);
        case 11:
            return rename(*chosen);
        default:
            choose_rollout(spec.deploy_opts);
        }
    }

    void scale(model::ServiceSpec& spec) {
        if (spec.strategy == model::Strategy::daemon) return;
        auto const wanted = random_.between(spec.stateful ? 1 : 0, spec.stateful ? 3 : 6);
        if (!spec.ports.empty()) {
            auto& given = ports_[spec.ports.front().node_port];
            if (given - spec.instances + wanted > kInstancesPerPort) return;
            given += wanted - spec.instances;
        }
        spec.instances = wanted;
    }

    /// Another service under the same ports: the old one leaves as the new one comes.
    void rename(NamedService& service) {
        bool const linked = std::ranges::any_of(stacks_, [&](StackSpec const& stack) {
            return std::ranges::any_of(stack.services, [&](NamedService const& other) {
                return std::ranges::any_of(other.spec.links, [&](model::Link const& link) {
                    return link.name == service.name;
                });
            });
        });
        if (!linked) service.name = fmt::format("new{}", ++renamed_);
    }

    /// What one service gives up another one may want at the same moment.
    void change_port(model::ServiceSpec& spec) {
        bool const free =
            spec.affinity.empty() && !spec.stateful && spec.strategy != model::Strategy::daemon;
        if (!free) return;
        if (!spec.ports.empty()) ports_[spec.ports.front().node_port] -= spec.instances;
        spec.ports.clear();
        auto const port = std::uint16_t(random_.between(8080, 8081));
        if (ports_[port] + spec.instances > kInstancesPerPort) return;
        ports_[port] += spec.instances;
        spec.ports.push_back({.node_port = port, .container_port = 80});
    }

    void take_out(std::string const& name) {
        for (auto& stack : stacks_) {
            bool const linked = std::ranges::any_of(stack.services, [&](auto const& s) {
                return std::ranges::any_of(s.spec.links, [&](auto const& l) {
                    return l.name == name;
                });
            });
            if (linked || stack.services.size() < 2) continue;
            auto const it = std::ranges::find(stack.services, name, &NamedService::name);
            if (it == stack.services.end()) continue;
            if (!it->spec.ports.empty())
                ports_[it->spec.ports.front().node_port] -= it->spec.instances;
            gone_.emplace_back(stack.name, *it);
            stack.services.erase(it);
        }
    }

    void bring_back() {
        if (gone_.empty()) return;
        auto [stack, service] = std::move(gone_.back());
        gone_.pop_back();
        if (!service.spec.ports.empty()) {
            auto& given = ports_[service.spec.ports.front().node_port];
            if (given + service.spec.instances > kInstancesPerPort) return;
            given += service.spec.instances;
        }
        auto const it = std::ranges::find(stacks_, stack, &StackSpec::name);
        it->services.push_back(std::move(service));
    }

    void mend() {
        for (auto& stack : stacks_) {
            for (auto& service : stack.services) {
                if (std::ranges::find(kBad, service.spec.image) != kBad.end())
                    service.spec.image = random_.pick(kGood);
            }
        }
    }

    void commit(core::Millis at) {
        Commit next{.at = at, .id = fmt::format("c{}", out_.commits.size() + 1)};
        for (auto const& stack : stacks_)
            next.stacks.push_back(std::make_shared<StackSpec const>(stack));
        out_.commits.push_back(std::move(next));
    }

    Random random_;
    Scenario out_;
    std::vector<StackSpec> stacks_;
    std::vector<std::pair<std::string, NamedService>> gone_;
    std::map<std::uint16_t, int> ports_; ///< instances that want them
    bool daemon_ = false;
    int renamed_ = 0;
    std::uint16_t private_port_ = 9000;
};

struct Shape {
    FaultKind kind;
    int weight;
    int longest; ///< seconds; 0: it has no duration
    int least;   ///< of the amount
    int most;
};

constexpr Shape kShapes[] = {
    {FaultKind::agent_crash, 10, 60, 0, 0},   {FaultKind::host_crash, 10, 90, 0, 0},
    {FaultKind::engine_down, 6, 40, 0, 0},    {FaultKind::container_crash, 10, 0, 0, 9},
    {FaultKind::container_gone, 6, 0, 0, 9},  {FaultKind::squatter, 3, 60, 0, 9},
    {FaultKind::partition, 12, 90, 0, 0},     {FaultKind::deaf, 5, 40, 0, 0},
    {FaultKind::mute, 5, 40, 0, 0},           {FaultKind::delay, 6, 60, 100, 5000},
    {FaultKind::reorder, 6, 60, 0, 0},        {FaultKind::duplicate, 6, 60, 0, 0},
    {FaultKind::slow_pull, 5, 60, 2, 20},     {FaultKind::no_pull, 4, 60, 0, 0},
    {FaultKind::skew, 4, 0, -60'000, 60'000}, {FaultKind::drain, 6, 60, 0, 0},
    {FaultKind::master_crash, 10, 40, 0, 0},  {FaultKind::slow_disk, 5, 60, 50, 2000},
    {FaultKind::broken_disk, 3, 20, 0, 0},
};

Shape const& pick_shape(Random& random) {
    int total = 0;
    for (auto const& shape : kShapes) total += shape.weight;
    auto left = random.between(1, total);
    for (auto const& shape : kShapes) {
        left -= shape.weight;
        if (left <= 0) return shape;
    }
    return kShapes[0];
}

} // namespace

Scenario generate(std::uint64_t seed) { return Generator(seed).run(); }

std::vector<Fault>
generate_faults(std::uint64_t seed, std::vector<Host> const& nodes, core::Millis until) {
    Random random(seed, "faults");
    std::vector<Fault> out;
    auto const last = int(until.count());
    for (int i = random.between(3, 12); i > 0; --i) {
        auto const& shape = pick_shape(random);
        Fault fault{.kind = shape.kind, .amount = random.between(shape.least, shape.most)};
        fault.at = core::Millis(random.between(std::min(3000, last), last));
        auto const longest = std::min(shape.longest * 1000, last - int(fault.at.count()));
        if (shape.longest > 0) fault.lasts = core::Millis(random.between(0, longest));
        bool const everywhere = random.chance(8) && shape.kind != FaultKind::skew;
        if (!of_master(shape.kind) && !everywhere) fault.node = random.pick(nodes).name;
        if (shape.kind == FaultKind::skew && random.chance(20)) {
            fault.node.clear();
            fault.amount /= 20; // a master's clock is corrected, not set anew
        }
        out.push_back(std::move(fault));
    }
    std::ranges::sort(out, {}, &Fault::at);
    return out;
}

} // namespace kontena::sim
