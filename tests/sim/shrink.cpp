#include "tests/sim/shrink.hpp"

#include <algorithm>
#include <set>

namespace kontena::sim {
namespace {

class Shrinker {
public:
    Shrinker(Scenario scenario, int tries, Shows const& shows)
        : best_(std::move(scenario))
        , left_(tries)
        , shows_(shows) {}

    Scenario run(std::size_t kept_commits) {
        for (auto size = std::size_t(-1); size != total() && left_ > 0;) {
            size = total();
            thin(&Scenario::faults, 0);
            thin(&Scenario::commits, kept_commits);
            drop_services();
            thin(&Scenario::nodes, 0);
            thin(&Scenario::images, 0);
        }
        return std::move(best_);
    }

private:
    std::size_t total() const {
        return best_.faults.size() + best_.commits.size() + best_.nodes.size() +
               best_.images.size() + services().size();
    }

    bool take(Scenario candidate) {
        if (left_ <= 0) return false;
        --left_;
        if (!shows_(candidate)) return false;
        best_ = std::move(candidate);
        return true;
    }

    /// Leaves out pieces of a list, from halves down to single elements.
    template <class T>
    void thin(std::vector<T> Scenario::* list, std::size_t kept) {
        auto const removable = [&] {
            auto const size = (best_.*list).size();
            return size > kept ? size - kept : 0;
        };
        for (auto piece = std::max<std::size_t>(1, removable() / 2);; piece /= 2) {
            for (std::size_t at = 0; at < removable();) {
                auto candidate = best_;
                auto& items = candidate.*list;
                auto const end = std::min(at + piece, removable());
                items.erase(
                    items.begin() + std::ptrdiff_t(at), items.begin() + std::ptrdiff_t(end)
                );
                if (!take(std::move(candidate))) at = end;
            }
            if (piece <= 1) return;
        }
    }

    std::set<std::string> services() const {
        std::set<std::string> out;
        for (auto const& commit : best_.commits) {
            for (auto const& stack : commit.stacks) {
                for (auto const& service : stack->services) out.insert(service.name);
            }
        }
        return out;
    }

    /// A service goes from all commits at once.
    void drop_services() {
        for (auto const& name : services()) {
            auto candidate = best_;
            for (auto& commit : candidate.commits) {
                for (auto& stack : commit.stacks) stack = without(*stack, name);
                std::erase_if(commit.stacks, [](auto const& s) { return s->services.empty(); });
            }
            take(std::move(candidate));
        }
    }

    static std::shared_ptr<model::StackSpec const>
    without(model::StackSpec stack, std::string const& name) {
        std::erase_if(stack.services, [&](auto const& s) { return s.name == name; });
        for (auto& service : stack.services)
            std::erase_if(service.spec.links, [&](auto const& l) { return l.name == name; });
        return std::make_shared<model::StackSpec const>(std::move(stack));
    }

    Scenario best_;
    int left_;
    Shows const& shows_;
};

} // namespace

Scenario shrink(Scenario scenario, std::size_t kept_commits, int tries, Shows const& shows) {
    return Shrinker(std::move(scenario), tries, shows).run(kept_commits);
}

} // namespace kontena::sim
