#include "core/model/affinity.hpp"
#include "core/model/stack_spec.hpp"

#include <fmt/format.h>

namespace kontena::model {
namespace {

class Limits {
public:
    std::vector<core::Issue> run(StackSpec const& stack) {
        for (auto const& service : stack.services) check(service);
        return std::move(issues_);
    }

private:
    void check(NamedService const& service) {
        auto const& spec = service.spec;
        auto const refuse = [&](std::string_view key, bool used, std::string_view what) {
            if (used) add(service, key, fmt::format("this version of Kontena {} yet", what));
        };
        refuse("hooks.pre_start", !spec.hooks.pre_start.empty(), "does not run hooks");
        refuse("hooks.post_start", !spec.hooks.post_start.empty(), "does not run hooks");
        refuse("hooks.pre_stop", !spec.hooks.pre_stop.empty(), "does not run hooks");
        refuse("secrets", !spec.secrets.empty(), "has no vault of secrets");
        refuse("certificates", !spec.certificates.empty(), "has no certificates");
        refuse("volumes_from", !spec.volumes_from.empty(), "does not share volumes of services");
        for (std::size_t i = 0; i < spec.affinity.size(); ++i) {
            auto const rule = parse_affinity(spec.affinity[i]);
            if (!rule && rule.error().code == core::Errc::unsupported)
                add(service, fmt::format("affinity.{}", i), rule.error().message);
        }
    }

    void add(NamedService const& service, std::string_view key, std::string reason) {
        issues_.push_back(
            {.path = fmt::format("services.{}.{}", service.name, key),
             .reason = std::move(reason),
             .file = service.origin.file,
             .line = service.origin.line}
        );
    }

    std::vector<core::Issue> issues_;
};

} // namespace

std::vector<core::Issue> beyond_this_version(StackSpec const& stack) { return Limits().run(stack); }

} // namespace kontena::model
