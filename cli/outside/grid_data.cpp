#include "cli/outside/grid_data.hpp"

#include "cli/client/blocking.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace kontena::cli {

namespace bj = boost::json;
using core::Result;
using stackfile::Value;

namespace {

constexpr int kMaxLevels = 10; ///< of stacks that depend on each other

/// Made anew for each question: a connection belongs to the loop that it was opened on.
awaitable<Result<bj::value>> ask_master(Connect connect, Server server, std::string path) {
    KCO_TRY(auto const client, connect(server));
    auto reply = co_await client->request({.path = std::move(path)});
    co_return reply;
}

bj::value const* member(bj::value const& of, std::string_view key) {
    auto const* object = of.if_object();
    return object == nullptr ? nullptr : object->if_contains(key);
}

std::string text_of(bj::value const* value) {
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
}

bj::array list_of(bj::value const& of, std::string_view key) {
    auto const* found = member(of, key);
    return found != nullptr && found->is_array() ? found->as_array() : bj::array();
}

Value value_of(bj::value const& json) {
    if (json.is_bool()) return json.as_bool();
    if (json.is_int64()) return json.as_int64();
    if (json.is_double()) return json.as_double();
    if (json.is_string()) return std::string(json.as_string());
    if (!json.is_array()) return {};
    stackfile::List out;
    for (auto const& item : json.as_array()) out.push_back(value_of(item));
    return out;
}

} // namespace

Result<bj::value> GridData::get(std::string path) {
    return wait_for(ask_master(connect_, server_, std::move(path)));
}

std::vector<std::string>
GridData::texts(std::string path, std::string_view list, std::string_view key) {
    std::vector<std::string> out;
    auto const reply = get(std::move(path));
    if (!reply) return out;
    for (auto const& item : list_of(*reply, list)) out.push_back(text_of(member(item, key)));
    return out;
}

Value GridData::secret(std::string const& name) {
    auto const reply = get(api_path({"secrets", grid_, name}));
    auto const* value = reply ? member(*reply, "value") : nullptr;
    return value == nullptr ? Value{} : value_of(*value);
}

std::vector<std::string> GridData::secret_names() {
    return texts(api_path({"grids", grid_, "secrets"}), "secrets", "name");
}

std::vector<std::string> GridData::certificate_subjects() {
    return texts(api_path({"grids", grid_, "certificates"}), "certificates", "subject");
}

std::vector<stackfile::OfferedService> GridData::services() {
    std::vector<stackfile::OfferedService> out;
    auto const reply = get(api_path({"grids", grid_, "services"}));
    if (!reply) return out;
    for (auto const& item : list_of(*reply, "services")) {
        auto const id = text_of(member(item, "id")); // GRID/STACK/SERVICE
        auto const* spec = member(item, "spec");
        auto image = text_of(member(item, "image"));
        if (image.empty() && spec != nullptr) image = text_of(member(*spec, "image"));
        out.push_back({id.substr(id.find('/') + 1), std::move(image)});
    }
    return out;
}

Value GridData::service_instances(std::string const& stack, std::string const& service) {
    auto const reply = get(api_path({"stacks", grid_, stack}));
    if (!reply) return {};
    for (auto const& item : list_of(*reply, "services")) {
        if (text_of(member(item, "name")) != service) continue;
        auto const* instances = member(item, "instances");
        if (instances == nullptr) {
            auto const* spec = member(item, "spec");
            instances = spec == nullptr ? nullptr : member(*spec, "instances");
        }
        return instances == nullptr ? Value{} : value_of(*instances);
    }
    return {};
}

Result<std::map<std::string, Value>> GridData::variables(std::string const& stack) {
    struct Level {
        std::string stack;
        std::string prefix;
        int depth = 0;
    };

    std::map<std::string, Value> out;
    std::vector<Level> open{{stack, "", 0}};
    while (!open.empty()) {
        auto const level = std::move(open.back());
        open.pop_back();
        KTRY(auto const reply, get(api_path({"stacks", grid_, level.stack})));
        if (auto const* found = member(reply, "variables"); found != nullptr && found->is_object())
            for (auto const& [name, value] : found->as_object())
                out.insert_or_assign(level.prefix + std::string(name), value_of(value));
        for (auto const& item : list_of(reply, "children")) {
            auto const name = text_of(member(item, "name"));
            if (!name.starts_with(level.stack + "-") || level.depth >= kMaxLevels) continue;
            auto const own = name.substr(level.stack.size() + 1);
            open.push_back({name, level.prefix + own + ".", level.depth + 1});
        }
    }
    return out;
}

} // namespace kontena::cli
