#include "agent/assignments/set.hpp"

#include "core/crypto/digest.hpp"
#include "core/json/codec.hpp"

#include <algorithm>

namespace kontena::agent {
namespace {

using core::Errc;
using core::fail;

constexpr std::string_view kMagic = "kontena-assignments 1 ";

struct Stored {
    core::NodeId node;
    std::uint64_t index = 0;
    std::vector<wire::PodSpec> pods;
    std::vector<core::InstanceId> removed;
};
BOOST_DESCRIBE_STRUCT(Stored, (), (node, index, pods, removed))

core::Result<void> check(wire::PodSpec const& pod, core::NodeId const& node) {
    bool const complete = pod.spec && !pod.grid.empty() && !pod.stack.empty() &&
                          !pod.name.empty() && pod.number > 0 && pod.revision > 0;
    bool const consistent = complete && pod.id == core::instance_id(pod.service, pod.number) &&
                            pod.service.root() == node.root();
    if (consistent) return {};
    return fail(
        Errc::invalid, fmt::format("the assignment of '{}' is incomplete or inconsistent", pod.id)
    );
}

core::Result<void> add(AssignmentSet& set, wire::PodSpec pod) {
    KCHECK(check(pod, set.node));
    auto id = pod.id;
    set.pods.insert_or_assign(std::move(id), std::make_shared<wire::PodSpec const>(std::move(pod)));
    return {};
}

void bury(AssignmentSet& set, core::InstanceId const& id) {
    set.pods.erase(id);
    std::erase(set.removed, id);
    set.removed.push_back(id);
}

void tidy(AssignmentSet& set) {
    std::erase_if(set.removed, [&](auto const& id) { return set.pods.contains(id); });
    if (set.removed.size() <= kMaxTombstones) return;
    auto const surplus = static_cast<std::ptrdiff_t>(set.removed.size() - kMaxTombstones);
    set.removed.erase(set.removed.begin(), set.removed.begin() + surplus);
}

} // namespace

core::Result<AssignmentSetPtr>
apply(AssignmentSetPtr const& held, wire::Assignments const& message, core::NodeId const& self) {
    if (message.node != self) {
        return fail(
            Errc::denied,
            fmt::format("assignments for node '{}', but this is '{}'", message.node, self)
        );
    }
    auto const has_base = held && held->node == self && held->index == message.base;
    if (!message.full && !has_base) {
        return fail(
            Errc::conflict,
            fmt::format(
                "a change after assignments {}, but {} are held",
                message.base,
                held ? std::to_string(held->index) : "none"
            )
        );
    }
    auto out = std::make_shared<AssignmentSet>();
    if (!message.full) *out = *held;
    if (message.full && held && held->node == self) out->removed = held->removed;
    out->node = self;
    out->index = message.index;
    for (auto const& id : message.removed) bury(*out, id);
    for (auto const& pod : message.pods) KCHECK(add(*out, pod));
    tidy(*out);
    return AssignmentSetPtr(std::move(out));
}

std::string write_document(AssignmentSet const& set) {
    Stored stored{.node = set.node, .index = set.index, .removed = set.removed};
    for (auto const& [id, pod] : set.pods) stored.pods.push_back(*pod);
    auto const body = json::encode_text(stored);
    return fmt::format("{}{}\n{}\n", kMagic, crypto::sha256_hex(body), body);
}

core::Result<AssignmentSetPtr> read_document(std::string_view text) {
    auto const end = text.find('\n');
    if (!text.starts_with(kMagic) || end == std::string_view::npos || !text.ends_with('\n'))
        return fail(Errc::corrupt, "not a file of assignments");
    auto const checksum = text.substr(kMagic.size(), end - kMagic.size());
    auto body = text.substr(end + 1);
    if (!body.empty()) body.remove_suffix(1);
    if (crypto::sha256_hex(body) != checksum)
        return fail(Errc::corrupt, "the checksum of the assignments is wrong");
    auto stored = json::decode_text<Stored>(body);
    if (!stored) return fail(Errc::corrupt, core::to_string(stored.error()));
    auto out = std::make_shared<AssignmentSet>();
    out->node = std::move(stored->node);
    out->index = stored->index;
    out->removed = std::move(stored->removed);
    for (auto& pod : stored->pods) {
        if (auto const added = add(*out, std::move(pod)); !added)
            return fail(Errc::corrupt, added.error().message);
    }
    return AssignmentSetPtr(std::move(out));
}

} // namespace kontena::agent
