#include "core/wire/messages.hpp"

#include "core/json/codec.hpp"

#include <boost/mp11/algorithm.hpp>

#include <array>

namespace kontena::wire {
namespace {

/// The `type` of each alternative of Message, in its order.
constexpr std::array<std::string_view, std::variant_size_v<Message>> kTypes = {
    "hello", "welcome", "rejected", "assignments", "observations", "ack", "node", "heartbeat"
};

} // namespace

std::string encode(Message const& message) {
    auto body = std::visit([](auto const& m) { return json::encode(m); }, message);
    boost::json::object out;
    out.emplace("type", kTypes[message.index()]);
    for (auto& [key, value] : body.as_object()) out.emplace(key, std::move(value));
    return json::serialize(out);
}

core::Result<Message> decode(std::string_view frame) {
    KTRY(auto const value, json::parse(frame));
    auto const* object = value.if_object();
    auto const* type = object != nullptr ? object->if_contains("type") : nullptr;
    if (type == nullptr || !type->is_string()) {
        return core::fail(core::Errc::corrupt, "frame is not an object with a 'type'");
    }
    core::Result<Message> out = core::fail(
        core::Errc::unsupported,
        fmt::format("message type '{}' is not known", std::string_view(type->get_string()))
    );
    boost::mp11::mp_for_each<boost::mp11::mp_iota_c<std::variant_size_v<Message>>>([&](auto index) {
        if (kTypes[index] != std::string_view(type->get_string())) return;
        auto body = json::decode<std::variant_alternative_t<index, Message>>(value);
        if (body) {
            out = Message(std::move(*body));
        } else {
            out = std::move(body).error();
        }
    });
    return out;
}

} // namespace kontena::wire
