#include "stackfile/normalise/service.hpp"

#include <boost/mp11/algorithm.hpp>

#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace kontena::stackfile {
namespace {

std::string_view env_name(std::string_view entry) { return entry.substr(0, entry.find('=')); }

/// The order of the base; what the child says about a name stands in its place, the rest behind.
Field<Texts> merge_env(Field<Texts> const& base, Field<Texts> const& child) {
    auto out = base.value.value_or(Texts{});
    if (!child.value) return {true, std::move(out)};
    std::map<std::string, std::size_t, std::less<>> places;
    for (std::size_t i = 0; i < out.size(); ++i) places.emplace(env_name(out[i]), i);
    for (auto const& entry : *child.value) {
        auto const found = places.find(env_name(entry));
        if (found == places.end()) {
            places.emplace(env_name(entry), out.size());
            out.push_back(entry);
        } else {
            out[found->second] = entry;
        }
    }
    return {true, std::move(out)};
}

/// The child's, then those of the base whose secret the child does not use at all.
Field<std::vector<model::SecretUse>> merge_secrets(
    Field<std::vector<model::SecretUse>> const& base,
    Field<std::vector<model::SecretUse>> const& child
) {
    auto out = child.value.value_or(std::vector<model::SecretUse>{});
    std::set<std::string> own;
    for (auto const& use : out) own.insert(use.secret);
    for (auto const& use : base.value.value_or(std::vector<model::SecretUse>{}))
        if (!own.contains(use.secret)) out.push_back(use);
    return {true, std::move(out)};
}

Field<Build> merge_build(Field<Build> const& base, Field<Build> child) {
    if (!child.given) return base;
    if (!child.value || !base.value || !base.value->args) return child;
    auto args = *base.value->args;
    std::map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < args.size(); ++i) places.emplace(args[i].first, i);
    for (auto const& [name, value] : child.value->args.value_or(Options{})) {
        auto const [place, fresh] = places.emplace(name, args.size());
        if (fresh)
            args.emplace_back(name, value);
        else
            args[place->second].second = value;
    }
    child.value->args = std::move(args);
    return child;
}

template <class T>
void inherit(Field<T>& own, Field<T> const& base) {
    if (!own.given) own = base;
}

} // namespace

std::vector<model::Link> all_links(Service const& service) {
    std::vector<model::Link> out;
    std::set<std::pair<std::string_view, std::string_view>> seen;
    auto const add = [&](std::vector<model::Link> const& links) {
        for (auto const& link : links)
            if (!link.name.empty() && seen.emplace(link.name, link.alias).second)
                out.push_back(link);
    };
    if (service.links.value) add(*service.links.value);
    add(service.depends_on);
    return out;
}

bool has_useless_swap(Service const& service) {
    auto const& swap = service.memory_swap.value;
    auto const& memory = service.memory.value;
    return service.legacy_swap && swap && (!memory || *swap < *memory);
}

Service merge(Service const& base, Service child) {
    child.env = merge_env(base.env, child.env);
    child.secrets = merge_secrets(base.secrets, child.secrets);
    child.build = merge_build(base.build, std::move(child.build));
    if (!child.memory_swap.given) child.legacy_swap = base.legacy_swap;
    if (!child.links.given) child.links = {true, all_links(base)};
    using Members = boost::describe::describe_members<Service, boost::describe::mod_public>;
    boost::mp11::mp_for_each<Members>([&](auto member) {
        inherit(child.*member.pointer, base.*member.pointer);
    });
    return child;
}

} // namespace kontena::stackfile
