#include "cli/render/plan.hpp"

#include "core/json/codec.hpp"

#include <fmt/format.h>

#include <map>

namespace kontena::cli::render {

using model::Action;
using model::ActionKind;

namespace {

constexpr std::size_t kShortCommit = 10;

struct Word {
    char mark;
    Colour colour;
    std::string_view verb;
};

Word word_of(ActionKind kind) {
    switch (kind) {
    case ActionKind::create:
        return {'+', Colour::green, "create"};
    case ActionKind::replace:
        return {'~', Colour::yellow, "replace"};
    case ActionKind::scale:
        return {'~', Colour::cyan, "scale"};
    case ActionKind::remove:
        return {'-', Colour::red, "remove"};
    case ActionKind::move:
        return {'>', Colour::cyan, "move"};
    case ActionKind::update_stack:
        return {'~', Colour::cyan, "update stack"};
    case ActionKind::remove_stack:
        return {'-', Colour::red, "remove stack"};
    }
    return {'?', Colour::none, "?"};
}

std::string refusal(model::Refusal const& refusal) {
    std::vector<std::string_view> names;
    for (std::string_view const name : refusal.nodes)
        names.push_back(name.substr(name.rfind('/') + 1));
    auto out = fmt::format("{} refused {}", refusal.filter, refusal.refused);
    if (!names.empty()) {
        auto const more = static_cast<std::size_t>(refusal.refused) > names.size() ? ", …" : "";
        out += fmt::format(" ({}{})", fmt::join(names, ", "), more);
    }
    return refusal.reason.empty() ? out : fmt::format("{}: {}", out, refusal.reason);
}

std::string instance(model::PlannedInstance const& planned, Detail detail, Style style) {
    auto const node = planned.node.empty() ? "nowhere" : std::string(planned.node.leaf());
    std::string out;
    switch (planned.kind) {
    case model::PlacementKind::start:
        out = fmt::format("start on {}", node);
        break;
    case model::PlacementKind::replace:
        out = fmt::format("replace on {}", node);
        break;
    case model::PlacementKind::move:
        out = fmt::format("move from {} to {}", planned.from.leaf(), node);
        break;
    case model::PlacementKind::stop:
        out = fmt::format("stop on {}", node);
        break;
    case model::PlacementKind::keep:
        out = fmt::format("keep on {}", node);
        break;
    }
    out = fmt::format("      {:>3}  {}", planned.number, out);
    auto const why = explanation(planned.explanation);
    if (detail == Detail::full && !why.empty()) out += style(Colour::dim, "  — " + why);
    return out + "\n";
}

std::string action(Action const& action, Detail detail, Style style) {
    auto const word = word_of(action.kind);
    auto const what = action.service.empty() ? action.stack.str() : action.service.str();
    auto out = fmt::format(
        "  {} {}  {}",
        style(word.colour, std::string(1, word.mark)),
        style(Colour::bold, in_grid(what)),
        style(word.colour, word.verb)
    );
    if (!action.reason.empty()) out += "  " + action.reason;
    out += "\n";
    for (auto const& change : action.changes) {
        auto const before = change.before.empty() ? "–" : change.before;
        auto const after = change.after.empty() ? "–" : change.after;
        out += fmt::format("      {}: {} → {}\n", change.field, before, after);
    }
    for (auto const& planned : action.instances)
        if (detail == Detail::full || planned.kind != model::PlacementKind::keep)
            out += instance(planned, detail, style);
    if (action.at_once > 0)
        out += fmt::format("      takes down {} that serve at a time\n", action.at_once);
    if (detail == Detail::brief) return out;
    for (auto const& earlier : action.after)
        out += fmt::format("      after {}\n", in_grid(earlier.str()));
    if (auto const why = cause(action.cause); !why.empty())
        out += fmt::format("      because of {}\n", why);
    return out;
}

} // namespace

std::string in_grid(std::string_view id) {
    auto const slash = id.find('/');
    return std::string(slash == std::string_view::npos ? id : id.substr(slash + 1));
}

std::string cause(model::Cause const& cause) {
    std::string out;
    if (!cause.commit.empty()) {
        out = fmt::format("commit {}", cause.commit.substr(0, kShortCommit));
        if (!cause.source.empty()) out += fmt::format(" of source {}", cause.source);
    } else {
        out = cause.actor;
    }
    if (!cause.file.empty()) {
        if (!out.empty()) out += ", ";
        out += cause.line > 0 ? fmt::format("{}:{}", cause.file, cause.line) : cause.file;
    }
    if (!cause.detail.empty()) out += (out.empty() ? "" : ": ") + cause.detail;
    return out;
}

std::string summary(model::Plan const& plan) {
    std::map<ActionKind, int> counts;
    for (auto const& action : plan.actions) ++counts[action.kind];
    std::string out;
    for (auto const& [kind, count] : counts) {
        if (!out.empty()) out += ", ";
        out += fmt::format("{} to {}", count, word_of(kind).verb);
    }
    if (out.empty()) out = "nothing to do";
    if (!plan.blocked.empty()) out += fmt::format(", {} blocked", plan.blocked.size());
    return out;
}

std::string explanation(model::Explanation const& explanation) {
    std::vector<std::string> parts;
    if (explanation.considered > 0)
        parts.push_back(fmt::format("considered {} nodes", explanation.considered));
    for (auto const& one : explanation.refusals) parts.push_back(refusal(one));
    if (!explanation.winner.empty()) parts.push_back(explanation.winner);
    return fmt::format("{}", fmt::join(parts, "; "));
}

std::string apply_command(model::Plan const& plan) {
    return fmt::format("kontena plan apply {}", plan.id.leaf());
}

std::string plan(model::Plan const& plan, Detail detail, Style style) {
    auto const id = plan.id.empty() ? "" : fmt::format(" {}", plan.id.str());
    auto out = fmt::format("Plan{}: {}\n", id, summary(plan));
    if (detail == Detail::full) {
        if (!plan.revision.empty()) out += fmt::format("  revision: {}\n", plan.revision.str());
        if (!plan.basis.empty()) out += fmt::format("  computed from: {}\n", plan.basis);
        out += fmt::format("  created: {}\n", core::format_time(plan.created_at));
        if (!plan.hash.empty()) out += fmt::format("  hash: {}\n", plan.hash);
        if (plan.applied_at)
            out += fmt::format(
                "  applied: {}{}\n",
                core::format_time(*plan.applied_at),
                plan.applied_by.empty() ? "" : " by " + plan.applied_by
            );
        if (auto const why = cause(plan.cause); !why.empty())
            out += fmt::format("  because of {}\n", why);
    }
    for (auto const& one : plan.actions) out += action(one, detail, style);
    for (auto const& blocked : plan.blocked) {
        out += fmt::format(
            "  {} {}-{}  {}\n",
            style(Colour::red, "!"),
            style(Colour::bold, in_grid(blocked.service.str())),
            blocked.number,
            blocked.reason
        );
        for (auto const& one : blocked.refusals) out += fmt::format("      {}\n", refusal(one));
    }
    return out;
}

namespace {

/// Text in a cell of a table.
std::string cell(std::string_view text) {
    std::string out;
    for (char const c : text) {
        if (c == '|') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

std::string placements(Action const& action) {
    std::vector<std::string> parts;
    for (auto const& planned : action.instances) {
        if (planned.kind == model::PlacementKind::keep) continue;
        parts.push_back(fmt::format(
            "{} {} on {}",
            json::enum_name(planned.kind),
            planned.number,
            planned.node.empty() ? "no node" : planned.node.leaf()
        ));
    }
    return fmt::format("{}", fmt::join(parts, ", "));
}

} // namespace

std::string plan_markdown(model::Plan const& plan, bool saved) {
    auto const name = plan.hash.empty() ? plan.id.leaf() : std::string_view(plan.hash);
    auto out = fmt::format("### Kontena plan `{}`: {}\n", name, summary(plan));
    if (!plan.actions.empty())
        out += "\n| | what | why | where | taken down at a time |\n|---|---|---|---|---|\n";
    for (auto const& action : plan.actions) {
        auto const word = word_of(action.kind);
        auto const& what = action.service.empty() ? action.stack.str() : action.service.str();
        out += fmt::format(
            "| `{}` | {} `{}` | {} | {} | {} |\n",
            word.mark,
            word.verb,
            in_grid(what),
            cell(action.reason),
            cell(placements(action)),
            action.at_once > 0 ? std::to_string(action.at_once) : ""
        );
    }
    for (auto const& action : plan.actions) {
        if (action.changes.empty()) continue;
        out += fmt::format("\n<details><summary>{}</summary>\n\n", in_grid(action.service.str()));
        for (auto const& change : action.changes)
            out += fmt::format(
                "- `{}`: `{}` → `{}`\n", change.field, cell(change.before), cell(change.after)
            );
        out += "\n</details>\n";
    }
    for (auto const& blocked : plan.blocked)
        out += fmt::format(
            "\n> **blocked** `{}-{}`: {}\n",
            in_grid(blocked.service.str()),
            blocked.number,
            cell(blocked.reason)
        );
    if (saved) out += fmt::format("\nTo carry it out: `{}`\n", apply_command(plan));
    return out;
}

} // namespace kontena::cli::render
