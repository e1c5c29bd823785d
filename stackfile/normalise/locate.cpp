#include "stackfile/normalise/locate.hpp"

#include "core/base/strings.hpp"
#include "stackfile/grammar.hpp"

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

YamlNode const* find_service(YamlNode const& document, std::string_view name) {
    auto const* services = document.find("services");
    return services == nullptr ? nullptr : services->find(name);
}

/// Keys that the model has in one place and the file in one of two.
std::string_view other_key(YamlNode const* service, std::string_view key) {
    if (service == nullptr || service->find(key) != nullptr) return key;
    if (key == "memswap_limit" && service->find("mem_swaplimit") != nullptr) return "mem_swaplimit";
    if (key == "environment" && service->find("env_file") != nullptr) return "env_file";
    return key;
}

/// Goes down the path as far as the document has it; false when it does not have all of it.
bool walk(YamlNode const& document, std::string_view path, Place& place) {
    auto const* node = &document;
    auto const parts = core::split(path, '.');
    for (std::size_t i = 0; i < parts.size(); ++i) {
        auto const part = parts[i];
        if (node->is_map()) {
            auto const* entry = node->find_entry(part);
            // A key may have dots in it.
            for (auto last = i + 1; entry == nullptr && last < parts.size(); ++last) {
                entry = node->find_entry({part.data(), parts[last].data() + parts[last].size()});
                if (entry != nullptr) i = last;
            }
            auto const index = index_of(part);
            // A map where the model has a list, as `environment` may be.
            if (entry == nullptr && !part.empty() && part.front() >= '0' && part.front() <= '9' &&
                index < node->entries.size())
                entry = &node->entries[index];
            if (entry == nullptr) return false;
            node = &entry->value;
            place = node->is_scalar() && !node->is_null() ? place_of(*node) : place_of(entry->key);
        } else if (node->is_sequence() && index_of(part) < node->items.size()) {
            node = &node->items[index_of(part)];
            place = place_of(*node);
        } else {
            return false;
        }
    }
    return true;
}

} // namespace

/// The path as the file has it.
std::string Locator::file_path(std::string_view model_path) const {
    auto const parts = core::split(model_path, '.');
    if (parts.size() < 3 || parts[0] != "services") return std::string(model_path);
    auto const service = std::ranges::find(stack_.services, parts[1], &model::NamedService::name);
    auto const* node = find_service(document_, parts[1]);
    auto out = fmt::format("services.{}", parts[1]);
    if (parts[2] == "links" && parts.size() > 3 && node != nullptr &&
        service != stack_.services.end())
        return out + '.' + link_path(*node, service->spec, index_of(parts[3]));
    auto const renamed =
        std::ranges::find(kRenamed, parts[2], [](auto const& r) { return r.first; });
    auto const key = other_key(node, renamed == kRenamed.end() ? parts[2] : renamed->second);
    out += fmt::format(".{}", key);
    if (key == "env_file") return out;
    for (std::size_t i = 3; i < parts.size(); ++i) out += fmt::format(".{}", parts[i]);
    return out;
}

Location Locator::at(std::string_view model_path) const {
    Location out;
    out.path = file_path(model_path);
    out.place = place_of(document_);
    walk(document_, out.path, out.place);
    mark_inherited(out);
    return out;
}

void Locator::mark_inherited(Location& out) const {
    auto const parts = core::split(out.path, '.');
    if (parts.size() < 3 || parts[0] != "services") return;
    auto const* service = find_service(document_, parts[1]);
    auto const* extends = service == nullptr ? nullptr : service->find_entry("extends");
    if (extends == nullptr || extends->value.is_null() || service->find(parts[2]) != nullptr)
        return;
    out.inherited = true;
    out.place = place_of(extends->key);
    if (extends->value.is_string())
        out.base_path =
            fmt::format("services.{}{}", extends->value.text, out.path.substr(9 + parts[1].size()));
}

} // namespace kontena::stackfile
