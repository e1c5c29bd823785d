#include "stackfile/variables/resolve.hpp"

#include "core/base/strings.hpp"
#include "stackfile/variables/answer.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kontena::stackfile {

using core::Errc;
using core::Result;

namespace {

constexpr std::size_t kMaxChain = 100; ///< of variables that need each other
constexpr std::size_t kMaxValueBytes = 1'000'000;
constexpr std::size_t kMaxAllBytes = 8'000'000; ///< of all values, which are copied a few times

enum class Phase { untouched, busy, done };

/// A variable while it is being resolved.
struct Slot {
    Variable variable;
    Definition const* definition = nullptr; ///< nullptr: there is nothing to do
    Phase decided = Phase::done;            ///< whether it is skipped
    Phase resolved = Phase::done;
};

/// Why a value from outside cannot be used; empty when it can.
std::string unusable(Value const& value) {
    if (auto const* list = std::get_if<List>(&value)) {
        for (auto const& item : *list)
            if (auto reason = unusable(item); !reason.empty()) return reason;
        return {};
    }
    auto const* text = std::get_if<std::string>(&value);
    if (text == nullptr) return {};
    if (text->size() > kMaxValueBytes)
        return fmt::format("the value is longer than {} bytes", kMaxValueBytes);
    if (core::find_invalid_utf8(*text) != std::string::npos) return "the value is not UTF-8 text";
    return {};
}

std::size_t bytes_of(Value const& value) {
    std::size_t out = sizeof(Value);
    if (auto const* text = std::get_if<std::string>(&value)) out += text->size();
    if (auto const* list = std::get_if<List>(&value))
        for (auto const& item : *list) out += bytes_of(item);
    return out;
}

/// Each variable is resolved when it is first needed: by a condition, by another variable, or
/// because it is its turn.
class Resolution {
public:
    Resolution(Definitions const& definitions, Sources const& sources, Report& report)
        : sources_(sources)
        , report_(report)
        , dice_(sources.outside) {
        for (auto const& [name, value] : sources.builtins)
            add(name, Variable::Kind::builtin, value);
        for (auto const& name : definitions.declared) add_declared(name);
        for (auto const& definition : definitions.list) attach(definition);
        for (auto const& [name, value] : sources.dependencies)
            add(name, Variable::Kind::dependency, value);
        if (sources.parent) add("PARENT_STACK", Variable::Kind::parent, *sources.parent);
        for (auto const& variable : sources.inherited) add(variable);
    }

    std::vector<Variable> run() {
        for (auto& slot : slots_) decide(slot);
        for (auto& slot : slots_) resolve(slot);
        std::vector<Variable> out;
        for (auto& slot : slots_) out.push_back(std::move(slot.variable));
        return out;
    }

private:
    void add(Variable variable) {
        by_name_.try_emplace(variable.name, slots_.size());
        slots_.push_back({.variable = std::move(variable)});
    }

    void add(std::string const& name, Variable::Kind kind, Value const& value) {
        Variable variable{.name = name, .kind = kind, .value = value, .env = {}, .vault = {}};
        variable.truthy = truthy(StringType{}, value);
        add(std::move(variable));
    }

    /// Broken until a definition is attached.
    void add_declared(std::string const& name) {
        if (by_name_.contains(name)) return;
        add(Variable{.name = name, .value = {}, .broken = true, .env = {}, .vault = {}});
    }

    void attach(Definition const& definition) {
        auto& slot = slots_[by_name_.at(definition.name)];
        if (slot.variable.kind == Variable::Kind::builtin) {
            report_.warn(
                path_of(definition), definition.place, "the name is built in; this is ignored"
            );
            return;
        }
        slot.definition = &definition;
        slot.decided = slot.resolved = Phase::untouched;
        slot.variable.broken = false;
        slot.variable.secret = definition.secret();
        slot.variable.hidden = definition.show() == Show::hidden;
        slot.variable.env = definition.to.env;
        slot.variable.vault = definition.to.vault;
    }

    static std::string path_of(Definition const& definition) {
        return "variables." + definition.name;
    }

    /// The variable of a name, resolved.
    Result<Variable const*> get(std::string_view name) {
        auto const found = by_name_.find(name);
        if (found == by_name_.end()) {
            std::vector<std::string_view> known;
            for (auto const& [one, position] : by_name_) known.push_back(one);
            return undeclared(name, known);
        }
        auto& slot = slots_[found->second];
        if (slot.decided == Phase::busy || slot.resolved == Phase::busy) {
            report_cycle(slot);
        } else if (slot.resolved == Phase::untouched && chain_.size() >= kMaxChain) {
            refuse(
                *chain_.back(),
                "",
                chain_.back()->definition->place,
                "too long a chain of variables that need each other"
            );
        } else {
            resolve(slot);
            if (!slot.variable.broken) return &slot.variable;
        }
        return reported_already();
    }

    void report_cycle(Slot const& slot) {
        auto const start = std::ranges::find(chain_, &slot);
        std::string names;
        for (auto it = start; it != chain_.end(); ++it) names += (*it)->variable.name + " -> ";
        report_.error(
            path_of(*slot.definition),
            slot.definition->place,
            fmt::format("the variable needs itself: {}{}", names, slot.variable.name)
        );
    }

    void refuse(Slot& slot, std::string_view check, Place place, std::string reason) {
        auto path = path_of(*slot.definition);
        if (!check.empty()) path += fmt::format(".{}", check);
        report_.error(std::move(path), place, std::move(reason));
        break_off(slot);
    }

    static void break_off(Slot& slot) {
        slot.variable.broken = true;
        slot.variable.value = {};
    }

    void decide(Slot& slot) {
        if (slot.decided != Phase::untouched) return;
        slot.decided = Phase::busy;
        chain_.push_back(&slot);
        Checker in(report_, path_of(*slot.definition));
        auto const skip = skipped(slot.definition->conditions, facts_, in);
        chain_.pop_back();
        slot.decided = Phase::done;
        slot.variable.skipped = skip.value_or(false);
        if (!skip) break_off(slot);
    }

    void resolve(Slot& slot) {
        decide(slot);
        if (slot.resolved != Phase::untouched) return;
        slot.resolved = Phase::busy;
        chain_.push_back(&slot);
        if (!slot.variable.broken) fill(slot);
        chain_.pop_back();
        slot.resolved = Phase::done;
        auto& variable = slot.variable;
        variable.truthy = truthy(slot.definition->type, variable.value);
        if (is_null(variable.value) && slot.definition->required && !variable.skipped &&
            !variable.broken)
            refuse(
                slot,
                "presence",
                slot.definition->place,
                "no value: give it a default, set it with the stack, or say required: false"
            );
    }

    /// From the first that gives a value.
    void fill(Slot& slot) {
        if (bytes_ > kMaxAllBytes) return break_off(slot); // which is told of
        auto const& definition = *slot.definition;
        auto const given = sources_.values.find(definition.name);
        if (given != sources_.values.end()) {
            if (store(slot, given->second, definition.place)) return;
        } else if (!slot.variable.skipped && !is_null(definition.fixed)) {
            if (store(slot, definition.fixed, definition.fixed_place)) return;
        }
        if (slot.variable.skipped) return;
        for (auto const& source : definition.from)
            if (ask(slot, source)) return;
        auto const named = std::ranges::any_of(definition.from, [](Source const& source) {
            return std::holds_alternative<FromEnv>(source.origin);
        });
        auto value = named ? Value{} : from_environment(sources_.outside, definition.name);
        if (is_null(value)) value = default_of(definition);
        store(slot, value, definition.default_place);
    }

    Value const& default_of(Definition const& definition) const {
        auto const replaced = sources_.defaults.find(definition.name);
        if (replaced == sources_.defaults.end() || is_null(replaced->second))
            return definition.default_value;
        return replaced->second;
    }

    /// True when there is no need to look further.
    bool ask(Slot& slot, Source const& source) {
        auto const& definition = *slot.definition;
        Checker in(report_, fmt::format("{}.from.{}", path_of(definition), source.resolver));
        Asking const asking{sources_.outside, dice_, facts_, value_of_, in, default_of(definition)};
        auto const raw = answer(source, definition, asking);
        if (!raw) {
            if (raw.error().message.empty()) {
                break_off(slot);
            } else {
                refuse(slot, "from." + source.resolver, source.place, raw.error().message);
            }
            return true;
        }
        if (is_null(*raw)) return false;
        store(slot, *raw, source.place);
        return true;
    }

    /// Sanitises and checks a raw value. True when it gave a value, or an error.
    bool store(Slot& slot, Value const& raw, Place place) {
        auto const& definition = *slot.definition;
        auto const show = slot.variable.hidden ? Show::hidden : Show::plain;
        auto reason = unusable(raw);
        auto clean = reason.empty() ? sanitise(definition.type, raw, show) : Sanitised{};
        if (!clean) reason = clean.error().message;
        if (!reason.empty()) {
            refuse(slot, "", place, std::move(reason));
            return true;
        }
        if (!clean->oddity.empty())
            report_.warn(path_of(definition), place, std::move(clean->oddity));
        if (is_null(clean->value)) return false;
        auto refusal = not_in_list(definition, clean->value, show);
        if (!refusal) refusal = stackfile::refuse(definition.type, clean->value, show);
        if (refusal) {
            refuse(slot, refusal->check, place, std::move(refusal->reason));
        } else if (bytes_ += bytes_of(clean->value); bytes_ > kMaxAllBytes) {
            refuse(
                slot,
                "",
                place,
                fmt::format("all variables together have more than {} bytes", kMaxAllBytes)
            );
        } else {
            slot.variable.value = std::move(clean->value);
        }
        return true;
    }

    static std::optional<Refusal>
    not_in_list(Definition const& definition, Value const& value, Show show) {
        auto const& list = definition.in;
        if (list.empty() || std::ranges::find(list, value) != list.end()) return std::nullopt;
        return Refusal{"validate_in", not_listed(value, list, show)};
    }

    /// For resolvers: what a secret goes into is a secret.
    Result<Value> read(std::string_view name) {
        KTRY(auto const* other, get(name));
        auto& reader = chain_.back()->variable;
        reader.secret = reader.secret || other->secret;
        reader.hidden = reader.hidden || other->hidden;
        return other->value;
    }

    Sources const& sources_;
    Report& report_;
    Dice dice_;
    std::vector<Slot> slots_;
    std::map<std::string, std::size_t, std::less<>> by_name_;
    std::size_t bytes_ = 0;    ///< of the values so far
    std::vector<Slot*> chain_; ///< those that are busy, each because of the one before

    Facts facts_ = [this](std::string_view name) -> Result<Fact> {
        KTRY(auto const* variable, get(name));
        return Fact{variable->value, variable->truthy};
    };
    std::function<Result<Value>(std::string_view)> value_of_ = [this](std::string_view name) {
        return read(name);
    };
};

} // namespace

Variables
Variables::resolve(Definitions const& definitions, Sources const& sources, Report& report) {
    return Variables(Resolution(definitions, sources, report).run());
}

} // namespace kontena::stackfile
