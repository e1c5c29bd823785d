#include "tests/sim/scenario.hpp"

#include "core/json/codec.hpp"

#include <fmt/format.h>

namespace kontena::sim {

bool of_master(FaultKind kind) {
    return kind == FaultKind::master_crash || kind == FaultKind::slow_disk ||
           kind == FaultKind::broken_disk;
}

std::string fault_kinds() { return json::enum_choices<FaultKind>(); }

std::string describe(Fault const& fault) {
    auto out = std::string(json::enum_name(fault.kind));
    if (!fault.node.empty()) out += " on " + fault.node;
    if (fault.amount != 0) out += fmt::format(" ({})", fault.amount);
    if (fault.lasts.count() > 0) out += fmt::format(" for {}", core::format_duration(fault.lasts));
    return out;
}

std::string clock_text(core::Millis time) {
    return fmt::format("{:8.3f}s", double(time.count()) / 1000);
}

core::Result<Scenario> read_scenario(std::string_view json) {
    return json::decode_text<Scenario>(json, json::Unknown::refuse);
}

core::Result<std::vector<Fault>> read_faults(std::string_view json) {
    return json::decode_text<std::vector<Fault>>(json, json::Unknown::refuse);
}

core::Result<std::vector<Host>> read_hosts(std::string_view json) {
    return json::decode_text<std::vector<Host>>(json, json::Unknown::refuse);
}

std::string write_scenario(Scenario const& scenario) {
    return json::pretty(json::encode(scenario));
}

} // namespace kontena::sim
