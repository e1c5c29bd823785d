#include "core/json/codec.hpp"
#include "core/model/deploy.hpp"
#include "core/model/plan.hpp"
#include "core/wire/messages.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace kontena;

/// Text as it may be in a document: UTF-8 with what JSON has to escape.
std::string text() {
    auto const part = rc::gen::element<std::string>(
        "a",
        "Z",
        "0",
        " ",
        "/",
        "\"",
        "\\",
        "\n",
        "\t",
        std::string(1, '\0'),
        "\x1f",
        "\x7f",
        "ä",
        "€",
        "😀"
    );
    std::string out;
    for (auto const& piece :
         *rc::gen::resize(8, rc::gen::container<std::vector<std::string>>(part)))
        out += piece;
    return out;
}

int number() { return *rc::gen::arbitrary<int>(); }

std::int64_t big() {
    using Limits = std::numeric_limits<std::int64_t>;
    return *rc::gen::oneOf(
        rc::gen::arbitrary<std::int64_t>(), rc::gen::element(Limits::min(), Limits::max())
    );
}

std::uint64_t size() {
    return *rc::gen::oneOf(
        rc::gen::arbitrary<std::uint64_t>(),
        rc::gen::element(std::numeric_limits<std::uint64_t>::max(), std::uint64_t(0))
    );
}

bool coin() { return *rc::gen::arbitrary<bool>(); }

/// Up to the year 9999.
core::TimePoint time() {
    return core::TimePoint(core::Millis(*rc::gen::inRange<std::int64_t>(0, 253'402'300'799'999)));
}

template <class F>
auto list(F make) {
    std::vector<decltype(make())> out;
    auto const count = *rc::gen::inRange(0, 4);
    for (int i = 0; i < count; ++i) out.push_back(make());
    return out;
}

template <class F>
auto perhaps(F make) {
    std::optional<decltype(make())> out;
    if (coin()) out = make();
    return out;
}

template <class E>
E any() {
    std::vector<E> all;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto d) {
        all.push_back(d.value);
    });
    return *rc::gen::elementOf(all);
}

model::Cause cause() {
    return {any<model::CauseKind>(), text(), text(), text(), text(), text(), number()};
}

model::Refusal refusal() { return {text(), number(), list(text), text()}; }

model::Explanation explanation() { return {number(), list(refusal), text()}; }

model::PlannedInstance planned() {
    return {
        number(),
        any<model::PlacementKind>(),
        core::NodeId(text()),
        core::NodeId(text()),
        explanation()
    };
}

model::Plan plan() {
    auto const action = [] {
        return model::Action{
            .kind = any<model::ActionKind>(),
            .stack = core::StackId(text()),
            .service = core::ServiceId(text()),
            .reason = text(),
            .changes = list([] { return model::FieldChange{text(), text(), text()}; }),
            .instances = list(planned),
            .after = list([] { return core::ServiceId(text()); }),
            .deploy = core::DeployId(text()),
            .cause = cause(),
        };
    };
    auto const blocked = [] {
        return model::Blocked{core::ServiceId(text()), number(), text(), list(refusal)};
    };
    return {
        .id = core::PlanId(text()),
        .grid = core::GridId(text()),
        .source = core::SourceId(text()),
        .revision = core::RevisionId(text()),
        .actions = list(action),
        .blocked = list(blocked),
        .cause = cause(),
        .created_at = time(),
        .applied_at = perhaps(time),
    };
}

model::Observation observation() {
    return {
        .id = core::InstanceId(text()),
        .node = core::NodeId(text()),
        .state = any<model::InstanceState>(),
        .revision = big(),
        .target = big(),
        .container_id = text(),
        .health = any<model::Health>(),
        .exit_code = perhaps(number),
        .error = text(),
        .log_tail = list(text),
        .restarts = number(),
        .since = time(),
    };
}

std::uint16_t port() { return *rc::gen::arbitrary<std::uint16_t>(); }

/// Halves of small numbers and thirds: some have no short decimal form.
double ratio() { return *rc::gen::inRange(0, 100) / 3.0; }

model::ServiceSpec spec() {
    model::ServiceSpec out;
    out.image = text();
    out.stateful = coin();
    out.strategy = any<model::Strategy>();
    out.instances = number();
    out.cmd = list(text);
    out.env = list(text);
    out.ports =
        list([] { return model::PortMapping{text(), any<model::Protocol>(), port(), port()}; });
    out.volumes = list([] { return model::VolumeMount{text(), text(), text()}; });
    out.affinity = list(text);
    out.links = list([] { return model::Link{text(), text()}; });
    out.deploy_opts = {
        .wait_for_port = perhaps(port),
        .min_health = ratio(),
        .interval = perhaps(big),
        .reschedule_after = perhaps(big),
        .on_failure = *rc::gen::element(
            std::optional<model::OnFailure>(),
            std::optional(model::OnFailure::rollback),
            std::optional(model::OnFailure::continue_)
        ),
        .order =
            *rc::gen::element(model::RolloutOrder::stop_first, model::RolloutOrder::start_first),
        .instance_timeout = perhaps(big),
        .timeout = perhaps(big),
        .spread = text(),
    };
    if (coin()) {
        auto const protocol = any<model::HealthProtocol>();
        out.health_check =
            model::HealthCheck{protocol, port(), text(), number(), number(), number()};
    }
    out.cpus = perhaps(ratio);
    out.cpu_shares = perhaps(number);
    out.memory = perhaps(size);
    out.memory_swap = perhaps(size);
    out.privileged = coin();
    out.cap_add = list(text);
    for (auto const& key : list(text)) out.log_opts[key] = text();
    out.stop_grace_period = big();
    return out;
}

wire::PodSpec pod() {
    return {
        .id = core::InstanceId(text()),
        .service = core::ServiceId(text()),
        .grid = text(),
        .stack = text(),
        .name = text(),
        .number = number(),
        .revision = big(),
        .desired_state = any<model::DesiredState>(),
        .spec = coin() ? std::make_shared<model::ServiceSpec const>(spec()) : nullptr,
    };
}

wire::Message message() {
    switch (*rc::gen::inRange(0, 8)) {
    case 0:
        return wire::Hello{number(), number(), text(), text(), list(text), text(), size()};
    case 1:
        return wire::Welcome{number(), text(), core::NodeId(text()), number(), size()};
    case 2:
        return wire::Rejected{text(), number()};
    case 3:
        return wire::Assignments{size(), size(), coin(), core::NodeId(text()), list(pod), list([] {
                                     return core::InstanceId(text());
                                 })};
    case 4:
        return wire::Observations{size(), coin(), list(observation), list([] {
                                      return core::InstanceId(text());
                                  })};
    case 5:
        return wire::Ack{size()};
    case 6:
        return wire::NodeReport{
            {.os = text(), .mem_total = size(), .cpus = number(), .volume_drivers = list(text)}
        };
    default:
        return wire::Heartbeat{time()};
    }
}

template <class T>
T there_and_back(T const& value) {
    auto out = json::decode_text<T>(json::encode_text(value), json::Unknown::refuse);
    if (!out) RC_FAIL(to_string(out.error()));
    return std::move(*out);
}

RC_GTEST_PROP(Codec, ObservationsComeBackAsTheyWere, ()) {
    auto const before = observation();
    RC_ASSERT(there_and_back(before) == before);
}

RC_GTEST_PROP(Codec, SpecsComeBackAsTheyWere, ()) {
    auto const before = spec();
    RC_ASSERT(there_and_back(before) == before);
}

RC_GTEST_PROP(Codec, PlansComeBackAsTheyWere, ()) {
    auto const before = plan();
    auto const after = there_and_back(before);
    RC_ASSERT(after.id == before.id);
    RC_ASSERT(after.grid == before.grid);
    RC_ASSERT(after.source == before.source);
    RC_ASSERT(after.revision == before.revision);
    RC_ASSERT(after.actions == before.actions);
    RC_ASSERT(after.blocked == before.blocked);
    RC_ASSERT(after.cause == before.cause);
    RC_ASSERT(after.created_at == before.created_at);
    RC_ASSERT(after.applied_at == before.applied_at);
}

RC_GTEST_PROP(Codec, PodsComeBackAsTheyWere, ()) {
    auto const before = pod();
    auto const after = there_and_back(before);
    RC_ASSERT(after.id == before.id);
    RC_ASSERT(after.number == before.number);
    RC_ASSERT(after.revision == before.revision);
    RC_ASSERT(after.desired_state == before.desired_state);
    RC_ASSERT((after.spec == nullptr) == (before.spec == nullptr));
    if (before.spec) RC_ASSERT(*after.spec == *before.spec);
    RC_ASSERT(json::encode_text(after) == json::encode_text(before));
}

RC_GTEST_PROP(Wire, FramesComeBackAsTheSameMessage, ()) {
    auto const before = message();
    auto const frame = wire::encode(before);
    auto const after = wire::decode(frame);
    if (!after) RC_FAIL(to_string(after.error()));
    RC_ASSERT(after->index() == before.index());
    RC_ASSERT(wire::encode(*after) == frame);
}

RC_GTEST_PROP(Wire, DamagedFramesAreErrorsOrMessages, ()) {
    auto frame = wire::encode(message());
    auto const damages = *rc::gen::inRange(1, 4);
    for (int i = 0; i < damages; ++i) {
        auto const at = *rc::gen::inRange<std::size_t>(0, frame.size());
        if (coin()) {
            frame[at] = *rc::gen::arbitrary<char>();
        } else {
            frame.resize(at + 1);
        }
    }
    auto const after = wire::decode(frame);
    if (!after) RC_ASSERT(!after.error().message.empty());
}

} // namespace
