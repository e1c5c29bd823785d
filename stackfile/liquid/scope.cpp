#include "stackfile/liquid/scope.hpp"

#include <ranges>

namespace kontena::stackfile::liquid {

Scope::Scope(Context const& context)
    : context_(context) {
    for (auto const& [name, value] : context.values) given_.emplace(name, from_value(value));
    for (auto const& name : context.broken) given_.try_emplace(name);
}

std::optional<Data> Scope::find(std::string_view name) const {
    for (auto const& loop : std::views::reverse(loops))
        if (loop.variable == name) return loop.current;
    for (auto const* names : {&assigned_, &given_})
        if (auto const found = names->find(name); found != names->end()) return found->second;
    return std::nullopt;
}

bool Scope::broken(std::string_view name) const {
    for (auto const& loop : loops)
        if (loop.variable == name) return false;
    if (assigned_.contains(name)) return broken_.contains(name);
    return context_.broken.contains(name);
}

bool Scope::hidden(std::string_view name) const {
    for (auto const& loop : std::views::reverse(loops))
        if (loop.variable == name) return loop.hidden;
    if (assigned_.contains(name)) return hidden_.contains(name);
    return context_.hidden.contains(name);
}

std::vector<std::string_view> Scope::names() const {
    std::vector<std::string_view> out;
    for (auto const& loop : loops) out.push_back(loop.variable);
    if (!loops.empty()) out.emplace_back("forloop");
    for (auto const* names : {&assigned_, &given_})
        for (auto const& [name, value] : *names) out.push_back(name);
    return out;
}

void Scope::assign(std::string const& name, Data value, bool hidden) {
    broken_.erase(name);
    hidden_.erase(name);
    if (hidden) hidden_.insert(name);
    assigned_.insert_or_assign(name, std::move(value));
}

void Scope::assign_broken(std::string const& name) {
    assigned_.insert_or_assign(name, Data{});
    broken_.insert(name);
}

std::int64_t& Scope::counter(std::string const& name) {
    auto& value = given_[name];
    if (!std::holds_alternative<std::int64_t>(value)) value = std::int64_t{0};
    return std::get<std::int64_t>(value);
}

} // namespace kontena::stackfile::liquid
