#include "core/model/node.hpp"

namespace kontena::model {

std::string label_value(Node const& node, std::string_view key, std::string_view fallback) {
    for (std::string_view const label : node.labels) {
        if (label.starts_with(key) && label.size() > key.size() && label[key.size()] == '=') {
            return std::string(label.substr(key.size() + 1));
        }
    }
    return std::string(fallback);
}

namespace {

constexpr std::size_t kLosses = 3;        ///< that make a node unsteady
constexpr core::Seconds kLossWindow{600}; ///< within this time

} // namespace

void note_loss(Node& node, core::TimePoint now) {
    if (node.losses.size() >= kLosses) node.losses.erase(node.losses.begin());
    node.losses.push_back(now);
}

bool unsteady(Node const& node, core::TimePoint now) {
    return node.losses.size() >= kLosses && node.losses.front() + kLossWindow > now;
}

} // namespace kontena::model
