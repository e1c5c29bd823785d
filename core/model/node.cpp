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

} // namespace kontena::model
