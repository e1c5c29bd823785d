#include "stackfile/read.hpp"

#include "core/base/strings.hpp"
#include "stackfile/depends/tree.hpp"
#include "stackfile/extends/extender.hpp"
#include "stackfile/grammar.hpp"
#include "stackfile/header.hpp"
#include "stackfile/host_name.hpp"
#include "stackfile/normalise/locate.hpp"
#include "stackfile/normalise/stack.hpp"
#include "stackfile/redact.hpp"
#include "stackfile/source_file.hpp"
#include "stackfile/validate/rules.hpp"
#include "stackfile/variables/condition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>

namespace kontena::stackfile {

using yaml::YamlEntry;
using yaml::YamlNode;

namespace {

/// The phases in their order. A phase that cannot go on leaves its errors in the report.
class Reader {
public:
    explicit Reader(Input const& input)
        : input_(input)
        , library_(input.outside == nullptr ? nothing_ : *input.outside)
        , file_({input.text, input.file, input.reference, input.directory})
        , sources_{library_.outside(), input.values, input.defaults, {}, {}, {}, {}}
        , extender_(library_, sources_, input.reference) {}

    Reading run() {
        read_stack();
        find_unknown_values();
        take_issues(file_);
        for (auto const& file : extender_.files()) take_issues(*file);
        Redactor const redactor(hidden_);
        for (auto* issues : {&out_.errors, &out_.refusals, &out_.beyond, &out_.warnings})
            redactor.redact(*issues);
        if (file_.document() != nullptr) out_.document = file_.take_document();
        if (!out_.errors.empty()) {
            out_.normal.reset();
            out_.beyond.clear();
        }
        if (!out_.errors.empty() || !out_.refusals.empty()) {
            out_.stack.reset();
            out_.vault_writes.clear();
        }
        return std::move(out_);
    }

private:
    void take_issues(SourceFile& file) {
        std::ranges::move(file.report().take_errors(), std::back_inserter(out_.errors));
        std::ranges::move(file.report().take_warnings(), std::back_inserter(out_.warnings));
        if (file.variables() == nullptr) return;
        std::ranges::move(file.variables()->vault_writes(), std::back_inserter(out_.vault_writes));
        std::ranges::move(file.variables()->hidden_texts(), std::back_inserter(hidden_));
        std::ranges::move(file.report().hidden_texts(), std::back_inserter(hidden_));
    }

    void find_unknown_values() {
        if (file_.variables() == nullptr) return;
        auto const declared = file_.variables()->names();
        for (auto const& [name, value] : input_.values) {
            auto const of_dependency = std::ranges::any_of(sources_.dependencies, [&](auto& child) {
                return name.starts_with(child.first + ".");
            });
            auto const known = [&](auto const& file) {
                return file->variables() != nullptr && file->variables()->find(name);
            };
            if (of_dependency || file_.variables()->find(name) ||
                std::ranges::any_of(extender_.files(), known))
                continue;
            out_.unknown_values.push_back({name, core::suggestion(name, declared)});
            if (out_.unknown_values.size() == kMaxErrors) return;
        }
    }

    void read_stack() {
        file_.read_templates();
        auto const* raw = file_.parse();
        if (raw == nullptr) return;
        auto stack = begin(*raw);
        set_sources(stack, *raw);
        file_.resolve_variables(sources_);
        auto const* document = file_.render();
        if (document == nullptr) return;
        validate_document(*document, file_.report(), Role::stack);
        if (!document->is_map()) return;
        fill(stack, *document);
        finish(std::move(stack), *document);
    }

    /// What is taken as it is written.
    Stack begin(YamlNode const& raw) {
        auto header = read_header(raw, input_);
        Stack out;
        out.stack = std::move(header.stack);
        out.version = std::move(header.version);
        out.name = std::move(header.name);
        out.origin = {input_.file, header.line};
        out.registry = input_.registry;
        out.parent_name = input_.parent_name;
        out.source = input_.text;
        if (auto const* meta = raw.find("meta")) out.metadata = *meta;
        out.dependencies =
            read_dependencies(raw, file_.origin(), out.name, library_, file_.report());
        return out;
    }

    void set_sources(Stack const& stack, YamlNode const& raw) {
        sources_.builtins = {
            {"STACK", stack.name},
            {"GRID", input_.grid},
            {"PLATFORM", library_.env("PLATFORM").value_or(input_.grid)},
        };
        for (auto& [name, value] : sources_.builtins)
            if (auto const given = input_.values.find(name); given != input_.values.end())
                value = given->second;
        sources_.dependencies = dependency_variables(stack.dependencies);
        // One that could not be loaded is an error already: its name is declared all the same.
        if (auto const* depends = raw.find("depends"); depends != nullptr)
            for (auto const& [name, entry] : depends->entries)
                if (std::ranges::find(stack.dependencies, name.text, &Dependency::name) ==
                    stack.dependencies.end())
                    sources_.dependencies.emplace_back(name.text, stack.name + "-" + name.text);
        if (!input_.parent_name.empty()) sources_.parent = input_.parent_name;
    }

    void fill(Stack& out, YamlNode const& document) {
        if (auto const* labels = document.find("labels"))
            for (auto const& item : labels->items) out.labels.push_back(item.text);
        if (auto const* expose = document.find("expose")) out.expose = expose->text;
        fill_volumes(out, document);
        fill_services(out, document);
        out.variables = file_.variables()->payload();
        out.variable_texts = file_.variables()->texts();
    }

    static void fill_volumes(Stack& out, YamlNode const& document) {
        auto const* volumes = document.find("volumes");
        if (volumes == nullptr) return;
        for (auto const& [name, volume] : volumes->entries) {
            auto const* external = volume.find("external");
            auto const* other = external == nullptr ? nullptr : external->find("name");
            out.volumes.push_back({name.text, other == nullptr ? name.text : other->text});
        }
    }

    void fill_services(Stack& out, YamlNode const& document) {
        auto const* services = document.find("services");
        if (services == nullptr || file_.report().concerns("services")) return;
        NameSet volumes;
        for (auto const& volume : out.volumes) volumes.insert(volume.name);
        for (auto const& entry : services->entries) {
            auto service =
                entry.value.is_map() ? extender_.resolve(file_, entry) : Extender::Result();
            if (service == nullptr) broken_.insert(entry.key.text);
            Checker in(file_.report(), "services." + entry.key.text);
            if (is_skipped(in, entry.value)) continue;
            if (service != nullptr && service->legacy_swap)
                service = with_legacy_swap(in, entry, std::move(service));
            out.services.push_back(
                {.name = entry.key.text,
                 .spec = service == nullptr ? std::make_shared<Service const>() : service,
                 .origin = {input_.file, entry.key.line}}
            );
            if (service != nullptr) check_inherited_volumes(in, entry.value, *service, volumes);
        }
        if (out.services.empty() && !services->entries.empty())
            file_.report().error(
                "services",
                place_of(document.find_entry("services")->key),
                "all services are left out by their only_if and skip_if: a stack needs one"
            );
    }

    /// The original did not know its own spelling, so the limit must not make an error.
    static Extender::Result
    with_legacy_swap(Checker& in, YamlEntry const& entry, Extender::Result service) {
        constexpr std::string_view kKey = "mem_swaplimit";
        auto const* own = entry.value.find_entry(kKey);
        auto const useless = has_useless_swap(*service);
        if (own != nullptr || useless)
            in.within(kKey, [&] {
                in.warn(
                    own == nullptr ? entry.key : own->key,
                    useless ? "ignored: it needs mem_limit, and counts memory and swap together"
                            : "an old spelling: write memswap_limit"
                );
            });
        if (!useless) return service;
        auto without = *service;
        without.memory_swap = {};
        return std::make_shared<Service const>(std::move(without));
    }

    bool is_skipped(Checker& in, YamlNode const& service) {
        auto const bad = file_.report().concerns(in.path() + ".only_if") ||
                         file_.report().concerns(in.path() + ".skip_if");
        return service.is_map() && !bad && skipped(in, service, *file_.variables());
    }

    /// Validation of the file has seen its own volumes only.
    void check_inherited_volumes(
        Checker& in, YamlNode const& node, Service const& service, NameSet const& volumes
    ) {
        auto const* extends = node.find("extends");
        if (extends == nullptr || extends->is_null() || node.find("volumes") != nullptr) return;
        if (!service.volumes.value) return;
        for (auto const& text : *service.volumes.value) {
            auto const mount = parse_volume(text);
            if (!mount || !mount->named()) continue;
            if (volumes.contains(mount->source)) continue;
            in.within("volumes", [&] {
                in.refuse(*extends, "inherited: " + undeclared_volume(mount->source, volumes));
            });
        }
    }

    /// What needs the whole stack at once.
    void finish(Stack stack, YamlNode const& document) {
        auto spec = to_spec(stack);
        Locator const locator(document, spec);
        for (auto& issue : long_host_names(spec, input_.grid))
            if (!is_broken(issue.path)) tell(locator.at(issue.path), std::move(issue));
        for (auto& issue : model::validate(spec))
            if (!is_broken(issue.path)) tell(locator.at(issue.path), std::move(issue));
        for (auto& issue : model::beyond_this_version(spec)) {
            if (is_broken(issue.path) || out_.beyond.size() == kMaxErrors) continue;
            auto location = locator.at(issue.path);
            out_.beyond.push_back(file_.report().issue(
                std::move(location.path), location.place, std::move(issue.reason)
            ));
        }
        auto const cut_off = out_.refusals.size() == kMaxErrors;
        sort_by_place(out_.refusals);
        if (cut_off) mark_end(out_.refusals);
        out_.stack = std::move(spec);
        out_.normal = std::move(stack);
    }

    /// True for a service of which parts could not be read.
    bool is_broken(std::string_view model_path) const {
        auto const parts = core::split(model_path, '.');
        return parts.size() > 1 && parts[0] == "services" && broken_.contains(parts[1]);
    }

    /// The format itself asks for an image, and for one volume a path.
    static bool is_error(std::string_view model_path) {
        auto const parts = core::split(model_path, '.');
        return parts.size() > 2 && parts[0] == "services" &&
               (parts[2] == "image" || parts[2] == "volumes");
    }

    /// Problems that follow from one that is told already say nothing new.
    void tell(Location location, core::Issue issue) {
        auto& report = file_.report();
        if (report.full()) return; // what follows from what is not known any more
        if (report.concerns(location.path) || report.tainted(location.place.line)) return;
        if (issue.path == "services" && report.concerns("file")) return; // nothing listed
        if (location.inherited && told(location.base_path)) return;
        if (location.inherited) issue.reason = "inherited: " + issue.reason;
        if (location.inherited) hide_inherited(location.place.line);
        if (is_error(issue.path)) {
            report.error(std::move(location.path), location.place, std::move(issue.reason));
        } else if (out_.refusals.size() < kMaxErrors) {
            out_.refusals.push_back(
                report.issue(std::move(location.path), location.place, std::move(issue.reason))
            );
        }
    }

    /// What the line inherits may be hidden where it is written.
    void hide_inherited(int line) {
        auto& report = file_.report();
        report.hide(line, report);
        for (auto const& file : extender_.files()) report.hide(line, file->report());
    }

    bool told(std::string_view path) const {
        return file_.report().concerns(path) ||
               std::ranges::any_of(out_.refusals, [&](auto& issue) { return issue.path == path; });
    }

    Input const& input_;
    Outside nothing_;
    Library library_;
    SourceFile file_;
    Sources sources_;
    Extender extender_;
    std::set<std::string, std::less<>> broken_; ///< services with parts that could not be read
    std::vector<std::string> hidden_;           ///< texts that no message may have in it
    Reading out_;
};

} // namespace

Reading read(Input const& input) { return Reader(input).run(); }

} // namespace kontena::stackfile
