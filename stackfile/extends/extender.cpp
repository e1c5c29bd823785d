#include "stackfile/extends/extender.hpp"

#include "core/base/strings.hpp"
#include "stackfile/normalise/read_service.hpp"
#include "stackfile/validate/rules.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace kontena::stackfile {

using yaml::YamlEntry;
using yaml::YamlNode;

namespace {

/// Where a service that is extended from stands.
struct Target {
    std::string source; ///< empty: the same file
    std::string service;
};

std::string scalar_member(YamlNode const& map, std::string_view key) {
    auto const* node = map.find(key);
    bool const named = node != nullptr && node->is_string() && !core::trim(node->text).empty();
    return named ? node->text : std::string();
}

Target target_of(YamlNode const& extends) {
    if (extends.is_string()) return {.source = {}, .service = extends.text};
    auto source = scalar_member(extends, "file");
    if (source.empty()) source = scalar_member(extends, "stack");
    return {std::move(source), scalar_member(extends, "service")};
}

/// Roughly the bytes that a copy of the service takes.
std::size_t weight(Service const& service) {
    constexpr std::size_t kItem = 64;
    std::size_t out = 1024;
    for (auto const* list : {&service.env, &service.volumes, &service.affinity, &service.cmd}) {
        if (!list->value) continue;
        for (auto const& text : *list->value) out += kItem + text.size();
    }
    if (service.secrets.value) out += service.secrets.value->size() * 2 * kItem;
    if (service.links.value) out += service.links.value->size() * 2 * kItem;
    if (service.ports.value) out += service.ports.value->size() * kItem;
    if (!service.hooks.value) return out;
    for (auto const& point : *service.hooks.value)
        if (point.hooks)
            for (auto const& hook : *point.hooks) out += 2 * kItem + hook.cmd.size();
    return out;
}

} // namespace

YamlEntry const* Extender::find_service(SourceFile const& file, std::string const& name) {
    auto const [index, fresh] = services_.try_emplace(&file);
    auto const* services = file.document()->find("services");
    if (fresh && services != nullptr)
        for (auto const& entry : services->entries)
            if (entry.value.is_map()) index->second.emplace(entry.key.text, &entry);
    auto const found = index->second.find(name);
    return found == index->second.end() ? nullptr : found->second;
}

Extender::Result Extender::resolve(SourceFile& file, YamlEntry const& service) {
    return done(file, service).service;
}

Extender::Done Extender::done(SourceFile& file, YamlEntry const& service) {
    auto const key = std::pair(&file, service.key.text);
    if (auto const known = done_.find(key); known != done_.end()) return known->second;
    chain_.push_back({&file, service.key.text});
    auto out = read(file, service);
    chain_.pop_back();
    return done_.emplace(key, std::move(out)).first->second;
}

Extender::Done Extender::read(SourceFile& file, YamlEntry const& service) {
    Checker in(file.report(), "services." + service.key.text);
    auto own = read_service(in, service.value, {file.origin(), library_});
    auto const* extends = service.value.find("extends");
    if (extends != nullptr && !extends->is_null()) return extend(file, *extends, std::move(own));
    return finish(std::move(own), 0);
}

Extender::Done Extender::finish(Service service, std::size_t depth) {
    auto const bytes = weight(service);
    return {std::make_shared<Service const>(std::move(service)), depth, bytes};
}

Extender::Done Extender::extend(SourceFile& file, YamlNode const& extends, Service own) {
    auto const base = base_of(file, extends);
    if (base.service == nullptr) return {};
    if (!library_.charge(base.weight)) {
        if (library_.tell_too_much())
            refuse(
                file,
                extends,
                fmt::format("services take over more than {} bytes in all", kMaxCopiedBytes)
            );
        return {};
    }
    if (base.depth == kMaxExtendDepth) {
        refuse(file, extends, fmt::format("extends more than {} times", kMaxExtendDepth));
        return {};
    }
    return {std::make_shared<Service const>(merge(*base.service, std::move(own))), base.depth + 1};
}

Extender::Done Extender::base_of(SourceFile& file, YamlNode const& extends) {
    auto const target = target_of(extends);
    auto const sourceless = extends.is_map() && target.source.empty();
    if (target.service.empty() || sourceless) return {}; // validation says so
    auto const base =
        target.source.empty() ? Base{&file, true} : open(file, target.source, extends);
    if (!base.usable) return {};
    Step const step{base.file, target.service};
    if (std::ranges::find(chain_, step) != chain_.end()) {
        refuse(file, extends, "extends in a circle: " + circle(step));
        return {};
    }
    if (chain_.size() > kMaxExtendDepth) {
        refuse(file, extends, fmt::format("extends more than {} times", kMaxExtendDepth));
        return {};
    }
    auto const* entry = find_service(*base.file, target.service);
    if (entry == nullptr) {
        std::vector<std::string_view> known;
        if (auto const* services = base.file->document()->find("services"))
            for (auto const& [name, service] : services->entries) known.push_back(name.text);
        refuse(
            file,
            extends,
            fmt::format(
                "there is no service '{}' in {}{}",
                target.service,
                base.file->origin().file,
                core::suggestion(target.service, known)
            )
        );
        return {};
    }
    return done(*base.file, *entry);
}

Extender::Base Extender::open(SourceFile& from, std::string const& reference, YamlNode const& at) {
    auto const document = library_.load(from.origin(), reference);
    if (!document) {
        refuse(from, at, document.error().message);
        return {};
    }
    if ((*document)->reference == reference_ && !reference_.empty())
        return {chain_.front().file, true};
    auto const known = by_reference_.find((*document)->reference);
    if (known != by_reference_.end()) return known->second;
    if (files_.size() == kMaxExtendFiles) {
        refuse(from, at, fmt::format("extends from more than {} files", kMaxExtendFiles));
        return {};
    }
    files_.push_back(std::make_unique<SourceFile>(**document));
    Base out{.file = files_.back().get(), .usable = false};
    out.file->read_templates();
    if (auto const* raw = out.file->parse(); raw != nullptr) {
        auto sources = sources_;
        sources.inherited = from.variables()->inherited();
        out.file->resolve_variables(sources);
        if (auto const* rendered = out.file->render(); rendered != nullptr) {
            validate_document(*rendered, out.file->report(), Role::base);
            out.usable = !out.file->report().has_errors();
        }
    }
    by_reference_.emplace((*document)->reference, out);
    return out;
}

std::string Extender::circle(Step const& again) const {
    std::vector<std::string> way;
    auto const shown = [&](Step const& step) {
        auto const one_file = std::ranges::all_of(chain_, [&](Step const& other) {
            return other.file == again.file;
        });
        return one_file ? step.name : fmt::format("{} in {}", step.name, step.file->origin().file);
    };
    for (auto at = std::ranges::find(chain_, again); at != chain_.end(); ++at)
        way.push_back(shown(*at));
    way.push_back(shown(again));
    return fmt::format("{}", fmt::join(way, " → "));
}

void Extender::refuse(SourceFile& file, YamlNode const& at, std::string reason) {
    file.report().error(
        fmt::format("services.{}.extends", chain_.back().name), place_of(at), std::move(reason)
    );
}

} // namespace kontena::stackfile
