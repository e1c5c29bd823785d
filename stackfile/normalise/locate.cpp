#include "core/base/strings.hpp"
#include "stackfile/grammar.hpp"
#include "stackfile/normalise/normalise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace kontena::stackfile {

using yaml::YamlNode;

namespace {

/// Keys of a service in the model -> in the file.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kRenamed{{
    {"cmd", "command"},
    {"env", "environment"},
    {"net", "network_mode"},
    {"memory", "mem_limit"},
    {"memory_swap", "memswap_limit"},
    {"strategy", "deploy.strategy"},
    {"deploy_opts", "deploy"},
    {"log_driver", "logging.driver"},
    {"log_opts", "logging.options"},
}};

std::size_t index_of(std::string_view text) {
    std::size_t index = 0;
    std::from_chars(text.data(), text.data() + text.size(), index);
    return index;
}

/// The n-th link of the model stands in `links` or in `depends_on`.
std::string link_path(YamlNode const& service, model::ServiceSpec const& spec, std::size_t index) {
    if (index >= spec.links.size()) return "links";
    for (auto const* key : {"links", "depends_on"}) {
        auto const* list = service.find(key);
        for (std::size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
            auto const& item = list->items[i];
            auto const* name = item.is_map() ? item.find("name") : &item;
            auto const link = parse_link(name == nullptr ? std::string_view{} : name->text);
            if (link && link->name == spec.links[index].name) return fmt::format("{}.{}", key, i);
        }
    }
    return "links";
}

/// The path as the file has it.
std::string
file_path(YamlNode const& document, model::StackSpec const& stack, std::string_view model_path) {
    auto const parts = core::split(model_path, '.');
    if (parts.size() < 3 || parts[0] != "services") return std::string(model_path);
    auto const service = std::ranges::find(stack.services, parts[1], &model::NamedService::name);
    auto const* services = document.find("services");
    auto const* node = services == nullptr ? nullptr : services->find(parts[1]);
    auto out = fmt::format("services.{}", parts[1]);
    if (parts[2] == "links" && parts.size() > 3 && node != nullptr &&
        service != stack.services.end())
        return out + '.' + link_path(*node, service->spec, index_of(parts[3]));
    auto const renamed =
        std::ranges::find(kRenamed, parts[2], [](auto const& r) { return r.first; });
    auto key = renamed == kRenamed.end() ? parts[2] : renamed->second;
    if (key == "memswap_limit" && node != nullptr && node->find(key) == nullptr)
        key = "mem_swaplimit";
    out += '.';
    out += key;
    for (std::size_t i = 3; i < parts.size(); ++i) {
        out += '.';
        out += parts[i];
    }
    return out;
}

} // namespace

Location
locate(YamlNode const& document, model::StackSpec const& stack, std::string_view model_path) {
    Location out{.path = file_path(document, stack, model_path), .place = place_of(document)};
    auto const* node = &document;
    for (auto const part : core::split(out.path, '.')) {
        if (node->is_map()) {
            auto const* entry = node->find_entry(part);
            auto const index = index_of(part);
            // A map where the model has a list, as `environment` may be.
            if (entry == nullptr && !part.empty() && part.front() >= '0' && part.front() <= '9' &&
                index < node->entries.size())
                entry = &node->entries[index];
            if (entry == nullptr) return out;
            node = &entry->value;
            out.place =
                node->is_scalar() && !node->is_null() ? place_of(*node) : place_of(entry->key);
        } else if (node->is_sequence() && index_of(part) < node->items.size()) {
            node = &node->items[index_of(part)];
            out.place = place_of(*node);
        } else {
            return out;
        }
    }
    return out;
}

} // namespace kontena::stackfile
