#pragma once

#include "tests/sim/schedule.hpp"

#include <string>
#include <utility>
#include <vector>

namespace kontena::sim {

/// What happened, in words. Off unless somebody wants to read it: a run that failed is run again.
class Timeline {
public:
    struct Line {
        Time at;
        std::string text;
    };

    Timeline(Schedule const& schedule, bool on)
        : schedule_(schedule)
        , on_(on) {}

    /// `words` makes the text, if anybody wants it.
    template <class Words>
    void note(Words&& words) {
        if (!on_) return;
        std::string text = words();
        if (!text.empty()) lines_.push_back({schedule_.now(), std::move(text)});
    }

    std::vector<Line> const& lines() const { return lines_; }

private:
    Schedule const& schedule_;
    bool on_;
    std::vector<Line> lines_;
};

} // namespace kontena::sim
