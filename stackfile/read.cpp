#include "stackfile/read.hpp"

#include "core/base/strings.hpp"
#include "stackfile/depends/tree.hpp"
#include "stackfile/extends/extender.hpp"
#include "stackfile/grammar.hpp"
#include "stackfile/header.hpp"
#include "stackfile/normalise/locate.hpp"
#include "stackfile/normalise/stack.hpp"
#include "stackfile/source_file.hpp"
#include "stackfile/validate/rules.hpp"
#include "stackfile/variables/condition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

namespace kontena::stackfile {

using yaml::YamlNode;

namespace {

/// The phases in their order. A phase that cannot go on leaves its errors in the report.
class Reader {
public:
    explicit Reader(Input const& input)
        : input_(input)
        , library_(input.outside == nullptr ? nothing_ : *input.outside)
        , file_({input.text, input.file, input.reference, input.directory})
        , extender_(input_, library_, builtins_) {}

    Reading run() {
        read_stack();
        take_issues(file_.report());
        for (auto const& file : extender_.files()) take_issues(file->report());
        if (file_.document() != nullptr) out_.document = file_.take_document();
        if (!out_.errors.empty()) {
            out_.stack.reset();
            out_.normal.reset();
            out_.beyond.clear();
            out_.vault_writes.clear();
        }
        return std::move(out_);
    }

private:
    void take_issues(Report& report) {
        std::ranges::move(report.take_errors(), std::back_inserter(out_.errors));
        std::ranges::move(report.take_warnings(), std::back_inserter(out_.warnings));
    }

    void read_stack() {
        file_.read_templates();
        auto const* raw = file_.parse();
        if (raw == nullptr) return;
        auto stack = begin(*raw);
        set_builtins(stack);
        file_.resolve_variables(input_, builtins_, nullptr);
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

    void set_builtins(Stack const& stack) {
        auto const set = [&](std::string name, std::string value) {
            auto const given = input_.values.find(name);
            builtins_.values.insert_or_assign(
                name, given == input_.values.end() ? Value(std::move(value)) : given->second
            );
        };
        auto const platform = input_.env ? input_.env("PLATFORM") : std::nullopt;
        set("STACK", stack.name);
        set("GRID", input_.grid);
        set("PLATFORM", platform ? *platform : input_.grid);
        builtins_.added = dependency_variables(stack.dependencies);
        if (!input_.parent_name.empty())
            builtins_.added.emplace_back("PARENT_STACK", input_.parent_name);
    }

    void fill(Stack& out, YamlNode const& document) {
        if (auto const* labels = document.find("labels"))
            for (auto const& item : labels->items) out.labels.push_back(item.text);
        if (auto const* expose = document.find("expose")) out.expose = expose->text;
        fill_volumes(out, document);
        fill_services(out, document);
        for (auto& [name, text] : file_.variables().texts())
            out.variables.emplace_back(name, std::move(text));
        for (auto const& child : out.dependencies)
            out.variables.emplace_back(child.name, child.installed_name);
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
        if (services == nullptr) return;
        for (auto const& entry : services->entries) {
            auto const service =
                entry.value.is_map() ? extender_.resolve(file_, entry) : Extender::Result();
            if (service == nullptr) broken_.insert(entry.key.text);
            Checker in(file_.report(), "services." + entry.key.text);
            if (entry.value.is_map() && skipped(in, entry.value, file_.variables())) continue;
            out.services.push_back(
                {.name = entry.key.text,
                 .spec = service == nullptr ? Service{} : *service,
                 .origin = {input_.file, entry.key.line}}
            );
            if (service != nullptr) check_inherited_volumes(in, entry.value, *service, out.volumes);
        }
        if (out.services.empty() && !services->entries.empty())
            file_.report().error(
                "services",
                place_of(document.find_entry("services")->key),
                "all services are left out by their only_if and skip_if: a stack needs one"
            );
    }

    /// Validation of the file has seen its own volumes only.
    void check_inherited_volumes(
        Checker& in,
        YamlNode const& node,
        Service const& service,
        std::vector<ExternalVolume> const& volumes
    ) {
        auto const* extends = node.find("extends");
        if (extends == nullptr || extends->is_null() || node.find("volumes") != nullptr) return;
        std::vector<std::string_view> known;
        for (auto const& volume : volumes) known.push_back(volume.name);
        for (auto const& text : service.volumes.value.value_or(Texts{})) {
            auto const mount = parse_volume(text);
            if (!mount || !mount->named()) continue;
            if (std::ranges::find(known, mount->source) != known.end()) continue;
            in.within("volumes", [&] {
                in.refuse(*extends, "inherited: " + undeclared_volume(mount->source, known));
            });
        }
    }

    /// What needs the whole stack at once.
    void finish(Stack stack, YamlNode const& document) {
        auto spec = to_spec(stack);
        Locator const locator(document, spec);
        for (auto& issue : model::validate(spec)) tell(locator.at(issue.path), std::move(issue));
        out_.beyond = model::beyond_this_version(spec);
        for (auto& issue : out_.beyond) {
            auto const location = locator.at(issue.path);
            issue = file_.report().issue(location.path, location.place, std::move(issue.reason));
        }
        out_.stack = std::move(spec);
        out_.normal = std::move(stack);
    }

    /// Problems that follow from one that is reported already say nothing new.
    void tell(Location const& location, core::Issue issue) {
        auto& report = file_.report();
        if (report.concerns(location.path)) return;
        if (issue.path == "services" && report.concerns("file")) return; // nothing listed
        auto const parts = core::split(issue.path, '.');
        if (parts.size() > 1 && parts[0] == "services" && broken_.contains(parts[1])) return;
        if (!location.inherited) {
            report.error(location.path, location.place, std::move(issue.reason));
        } else if (!report.concerns(location.base_path)) {
            report.error(location.path, location.place, "inherited: " + issue.reason);
        }
    }

    Input const& input_;
    Outside nothing_;
    Library library_;
    Builtins builtins_;
    SourceFile file_;
    Extender extender_;
    std::set<std::string, std::less<>> broken_; ///< services with parts that could not be read
    Reading out_;
};

} // namespace

Reading read(Input const& input) { return Reader(input).run(); }

} // namespace kontena::stackfile
