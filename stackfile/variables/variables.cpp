#include "core/base/strings.hpp"
#include "stackfile/variables/answer.hpp"
#include "stackfile/variables/resolve.hpp"

#include <fmt/format.h>

namespace kontena::stackfile {

Variables::Variables(std::vector<Variable> all)
    : all_(std::move(all)) {
    for (std::size_t i = 0; i < all_.size(); ++i) by_name_.try_emplace(all_[i].name, i);
    for (auto const skipped : {false, true})
        for (std::size_t i = 0; i < all_.size(); ++i)
            for (auto const& name : all_[i].env)
                if (all_[i].skipped == skipped) by_env_.try_emplace(name, i);
}

Variable const* Variables::own(std::string_view name) const {
    auto const found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &all_[found->second];
}

Variable const* Variables::referred(std::string_view name) const {
    if (auto const* variable = own(name)) return variable;
    auto const found = by_env_.find(name);
    return found == by_env_.end() ? nullptr : &all_[found->second];
}

std::optional<Value> Variables::find(std::string_view name) const {
    auto const* variable = referred(name);
    return variable == nullptr ? std::nullopt : std::optional(variable->value);
}

std::vector<std::string_view> Variables::names() const {
    std::vector<std::string_view> out;
    for (auto const* map : {&by_name_, &by_env_})
        for (auto const& [name, position] : *map) out.push_back(name);
    return out;
}

std::set<std::string, std::less<>> Variables::names_with(bool Variable::* mark) const {
    std::set<std::string, std::less<>> out;
    for (auto const name : names())
        if (referred(name)->*mark) out.emplace(name);
    return out;
}

std::set<std::string, std::less<>> Variables::broken() const {
    return names_with(&Variable::broken);
}

std::set<std::string, std::less<>> Variables::hidden() const {
    return names_with(&Variable::hidden);
}

core::Result<Fact> Variables::fact(std::string_view name) const {
    auto const* variable = own(name);
    if (variable == nullptr) {
        std::vector<std::string_view> known;
        for (auto const& [one, position] : by_name_) known.push_back(one);
        return undeclared(name, known);
    }
    if (variable->broken) return reported_already();
    return Fact{variable->value, variable->truthy};
}

std::map<std::string, Value, std::less<>> Variables::context() const {
    std::map<std::string, Value, std::less<>> out;
    for (auto const& variable : all_) out.try_emplace(variable.name, variable.value);
    return out;
}

std::map<std::string, Value> Variables::payload() const {
    std::map<std::string, Value> out;
    for (auto const& [name, position] : by_name_) {
        auto const& variable = all_[position];
        auto const stored = variable.kind == Variable::Kind::declared ||
                            variable.kind == Variable::Kind::dependency;
        if (stored && !variable.secret && name != "PARENT_STACK") out.emplace(name, variable.value);
    }
    return out;
}

std::map<std::string, std::string> Variables::texts() const {
    std::map<std::string, std::string> out;
    for (auto const& [name, value] : payload()) {
        if (is_null(value)) continue;
        auto& text = out[name];
        if (auto const* list = std::get_if<List>(&value)) {
            for (auto const& item : *list) text += (text.empty() ? "" : ",") + to_text(item);
        } else {
            text = to_text(value);
        }
    }
    return out;
}

std::vector<Variable> Variables::inherited() const {
    std::vector<Variable> out;
    for (auto const& variable : all_) {
        if (variable.kind == Variable::Kind::builtin) continue;
        out.push_back(variable);
        out.back().kind = Variable::Kind::inherited;
    }
    return out;
}

std::vector<VaultWrite> Variables::vault_writes() const {
    std::vector<VaultWrite> out;
    for (auto const& variable : all_)
        if (variable.vault && variable.kind == Variable::Kind::declared && !variable.skipped &&
            !is_null(variable.value))
            out.push_back({*variable.vault, to_text(variable.value)});
    return out;
}

namespace {

void add_texts(Value const& value, std::vector<std::string>& out) {
    if (auto const* list = std::get_if<List>(&value)) {
        for (auto const& item : *list) add_texts(item, out);
    } else if (auto text = to_text(value); !text.empty() && !std::holds_alternative<bool>(value)) {
        out.push_back(std::move(text));
    }
}

} // namespace

std::vector<std::string> Variables::hidden_texts() const {
    std::vector<std::string> out;
    for (auto const& variable : all_)
        if (variable.hidden) add_texts(variable.value, out);
    return out;
}

} // namespace kontena::stackfile
