#include "stackfile/grid/order.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace kontena::stackfile::grid {
namespace {

/// Depth first. The number of stacks is bounded, but not their depth, so it keeps its own stack.
class Order {
public:
    explicit Order(std::vector<StackEntry> const& stacks)
        : stacks_(stacks)
        , states_(stacks.size()) {
        for (std::size_t i = 0; i < stacks.size(); ++i) by_name_.emplace(stacks[i].name, i);
    }

    /// The circle, empty when there is none.
    std::vector<Link> run() {
        for (std::size_t i = 0; i < stacks_.size(); ++i)
            if (auto circle = visit(i); !circle.empty()) return circle;
        return {};
    }

    std::vector<std::size_t> const& order() const { return order_; }

private:
    enum class State { untouched, open, done };

    std::vector<Link> visit(std::size_t start) {
        std::vector<Link> way;
        enter(start, way);
        while (!way.empty()) {
            auto& [stack, next] = way.back();
            auto const& wanted = stacks_[stack].depends_on;
            if (next == wanted.size()) {
                states_[stack] = State::done;
                order_.push_back(stack);
                way.pop_back();
                if (!way.empty()) ++way.back().dependency;
                continue;
            }
            auto const other = by_name_.at(wanted[next]);
            if (states_[other] == State::open) {
                auto const first = std::ranges::find(way, other, &Link::stack);
                return {first, way.end()};
            }
            if (states_[other] == State::done)
                ++next;
            else
                enter(other, way);
        }
        return {};
    }

    void enter(std::size_t stack, std::vector<Link>& way) {
        if (states_[stack] != State::untouched) return;
        states_[stack] = State::open;
        way.push_back({stack, 0});
    }

    std::vector<StackEntry> const& stacks_;
    std::vector<State> states_;
    std::map<std::string_view, std::size_t> by_name_;
    std::vector<std::size_t> order_;
};

} // namespace

std::vector<Link> put_in_order(std::vector<StackEntry>& stacks) {
    Order order(stacks);
    if (auto circle = order.run(); !circle.empty()) return circle;
    std::vector<StackEntry> out;
    for (auto const index : order.order()) out.push_back(std::move(stacks[index]));
    stacks = std::move(out);
    return {};
}

std::string shown(std::vector<Link> const& circle, std::vector<StackEntry> const& stacks) {
    std::string out;
    for (auto const& link : circle) out += stacks[link.stack].name + " → ";
    return out + stacks[circle.front().stack].name;
}

} // namespace kontena::stackfile::grid
