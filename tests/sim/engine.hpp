#pragma once

#include "reconciler/node/pod.hpp"
#include "tests/sim/laws.hpp"
#include "tests/sim/random.hpp"
#include "tests/sim/scenario.hpp"
#include "tests/sim/timeline.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace kontena::sim {

/// A container as the engine has it, ours or not.
struct Container {
    std::string id;
    std::string name;
    reconciler::node::Labels labels;
    std::optional<reconciler::node::Identity> ours; ///< what its name and labels say
    std::shared_ptr<model::ServiceSpec const> spec;
    reconciler::node::Phase phase = reconciler::node::Phase::created;
    int runs = 0;
    Time started{0};
    std::string finished_at;
    int exit_code = 0;
    std::string start_error;
    bool stopping = false;

    bool running() const { return phase == reconciler::node::Phase::running; }
};

/// The Docker Engine of a host. What takes time says how it went to `Done`, if the host is still
/// up by then.
class Engine {
public:
    using Done = std::function<void(core::Result<std::string>)>;

    struct Trouble {
        int down = 0;
        int no_pull = 0;
        int slow_pull = 0; ///< so many times slower
    };

    Engine(
        Schedule& schedule,
        Timeline& timeline,
        Laws& laws,
        std::string host,
        std::vector<Image> const& images,
        std::uint64_t seed
    );

    bool answers() const { return powered_ && trouble.down == 0; }

    void pull(std::string const& image, Done done);
    void create(
        std::string name,
        reconciler::node::Labels labels,
        std::shared_ptr<model::ServiceSpec const> spec,
        Done done
    );
    void start(std::string id, Done done);
    void stop(std::string id, core::Seconds grace, Done done);
    void remove(std::string id, bool anonymous_volumes, Done done);

    Container const* inspect(std::string const& name) const;

    std::map<std::string, Container> const& containers() const { return containers_; }

    bool ready(Container const& container) const;

    void power_off();

    void power_on() { powered_ = true; }

    /// Done by somebody else than the agent.
    void crash(std::string const& name);
    void take_away(std::string const& name);
    void run_foreign(std::string name, reconciler::node::Labels labels);
    void end_foreign(std::string const& name);

    /// Names of what is of no concern to Kontena, which has to stay as it is.
    std::set<std::string> const& foreign() const { return foreign_; }

    /// Whether a container changed since the last call.
    bool take_changed() { return std::exchange(changed_, false); }

    Trouble trouble;
    std::function<void(std::string const& name)> on_event; ///< for the agent

private:
    Container* by_id(std::string const& id);
    Image const& image_of(Container const& container) const;
    Image const& image(std::string const& name) const;
    void tell(std::string const& name);
    void exit(Container& container, int code);
    void exit_when_due(Container& container);
    std::optional<std::string> port_taken(Container const& container) const;
    core::Result<std::string> start_now(Container& container);
    void guard(Container const& container, std::string_view doing);
    void later(core::Millis delay, Done done, std::function<core::Result<std::string>()> work);

    Schedule& schedule_;
    Timeline& timeline_;
    Laws& laws_;
    std::string host_;
    std::map<std::string, Image> images_;
    Random random_;
    std::map<std::string, Container> containers_; ///< by name
    std::set<std::string> local_images_;
    std::set<std::string> foreign_;
    bool powered_ = true;
    bool changed_ = false;
    std::uint64_t boot_ = 0;
    int next_id_ = 0;
};

} // namespace kontena::sim
