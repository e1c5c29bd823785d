#pragma once

#include "tests/sim/schedule.hpp"

#include <optional>
#include <string>

namespace kontena::sim {

/// A promise that was broken.
struct Violation {
    Time at;
    std::string law;
    std::string what;
};

/// Where everybody who watches a law says that it was broken. The first one counts.
class Laws {
public:
    explicit Laws(Schedule const& schedule)
        : schedule_(schedule) {}

    void broken(std::string law, std::string what) {
        if (!first_) first_ = Violation{schedule_.now(), std::move(law), std::move(what)};
    }

    std::optional<Violation> const& first() const { return first_; }

private:
    Schedule const& schedule_;
    std::optional<Violation> first_;
};

} // namespace kontena::sim
