#pragma once

#include <fmt/format.h>

#include <compare>
#include <functional>
#include <string>
#include <string_view>

namespace kontena::core {

/// A name that cannot be mixed up with another kind of name. Public ids are paths:
/// grid `g`, node `g/n`, stack `g/s`, service `g/s/svc`, instance `g/s/svc/3`, source `g/src`.
template <class Tag>
class Id {
public:
    Id() = default;

    explicit Id(std::string text)
        : text_(std::move(text)) {}

    std::string const& str() const { return text_; }

    bool empty() const { return text_.empty(); }

    /// The part after the last slash: the name inside its parent.
    std::string_view leaf() const {
        auto const slash = text_.rfind('/');
        return std::string_view(text_).substr(slash == std::string::npos ? 0 : slash + 1);
    }

    /// The part before the last slash, empty at the root.
    std::string_view parent() const {
        auto const slash = text_.rfind('/');
        return slash == std::string::npos ? std::string_view{}
                                          : std::string_view(text_).substr(0, slash);
    }

    /// The part before the first slash: the grid.
    std::string_view root() const { return std::string_view(text_).substr(0, text_.find('/')); }

    friend auto operator<=>(Id const&, Id const&) = default;

private:
    std::string text_;
};

using GridId = Id<struct GridTag>;
using NodeId = Id<struct NodeTag>;
using StackId = Id<struct StackTag>;
using ServiceId = Id<struct ServiceTag>;
using InstanceId = Id<struct InstanceTag>;
using SourceId = Id<struct SourceTag>;
using RevisionId = Id<struct RevisionTag>;
using RenderedStackId = Id<struct RenderedStackTag>;
using PlanId = Id<struct PlanTag>;
using DeployId = Id<struct DeployTag>;
using TokenId = Id<struct TokenTag>;

template <class Tag>
GridId grid_of(Id<Tag> const& id) {
    return GridId(std::string(id.root()));
}

inline NodeId node_id(GridId const& grid, std::string_view name) {
    return NodeId(fmt::format("{}/{}", grid.str(), name));
}

inline StackId stack_id(GridId const& grid, std::string_view name) {
    return StackId(fmt::format("{}/{}", grid.str(), name));
}

inline ServiceId service_id(StackId const& stack, std::string_view name) {
    return ServiceId(fmt::format("{}/{}", stack.str(), name));
}

inline StackId stack_of(ServiceId const& service) { return StackId(std::string(service.parent())); }

inline InstanceId instance_id(ServiceId const& service, int number) {
    return InstanceId(fmt::format("{}/{}", service.str(), number));
}

inline ServiceId service_of(InstanceId const& instance) {
    return ServiceId(std::string(instance.parent()));
}

inline SourceId source_id(GridId const& grid, std::string_view name) {
    return SourceId(fmt::format("{}/{}", grid.str(), name));
}

/// Letters, digits, `_` and `-`, not starting with `-`, 1..63 characters: what an object may be
/// called.
bool valid_name(std::string_view name);

} // namespace kontena::core

template <class Tag>
struct std::hash<kontena::core::Id<Tag>> {
    std::size_t operator()(kontena::core::Id<Tag> const& id) const noexcept {
        return std::hash<std::string>{}(id.str());
    }
};

template <class Tag>
struct fmt::formatter<kontena::core::Id<Tag>> : fmt::formatter<std::string> {
    auto format(kontena::core::Id<Tag> const& id, fmt::format_context& ctx) const {
        return fmt::formatter<std::string>::format(id.str(), ctx);
    }
};
