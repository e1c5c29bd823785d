#include "stackfile/variables/answer.hpp"

#include "core/base/strings.hpp"
#include "stackfile/interpolate.hpp"
#include "stackfile/variables/evaluate.hpp"
#include "stackfile/variables/question.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace kontena::stackfile {

using core::Errc;
using core::Result;

namespace {

/// The text with the values of the variables that it names.
Result<std::string> filled_in(std::string_view text, Asking const& asking) {
    return expand(text, [&](std::string_view name) -> Result<std::string> {
        KTRY(auto const value, asking.value_of(name));
        if (is_null(value))
            return core::fail(Errc::invalid, fmt::format("there is no value for '{}'", name));
        return to_text(value);
    });
}

bool names_certificate(std::string const& secret) {
    auto const name = lower(secret);
    return name.find("ssl") != std::string::npos || name.find("cert") != std::string::npos;
}

/// One function per resolver.
struct Answer {
    Definition const& definition;
    Asking const& asking;

    Result<Value> operator()(FromEnv const& from) const {
        for (auto const& name : from.names)
            if (auto value = from_environment(asking.outside, name); !is_null(value)) return value;
        return Value{};
    }

    Result<Value> operator()(FromFile const& from) const {
        auto text = asking.outside.file(from.path);
        if (text) return Value(std::move(*text));
        if (from.ignore_errors) return Value{};
        return std::move(text).error();
    }

    Result<Value> operator()(FromPrompt const& from) const {
        return asking.outside.ask(prompt(definition, asking.preset, from.text));
    }

    Result<Value> operator()(FromRandomString const& from) const {
        KTRY(auto text, asking.dice.text(from.length, from.characters));
        return Value(std::move(text));
    }

    Result<Value> operator()(FromRandomNumber const& from) const {
        KTRY(auto const number, asking.dice.between(from.min, from.max));
        return Value(number);
    }

    Result<Value> operator()(FromRandomUuid const&) const {
        KTRY(auto text, asking.dice.uuid());
        return Value(std::move(text));
    }

    Result<Value> operator()(FromInterpolate const& from) const {
        KTRY(auto text, filled_in(from.text, asking));
        return Value(std::move(text));
    }

    /// Messages show the expression as it is written: values may be secret.
    Result<Value> operator()(FromEvaluate const& from) const {
        KTRY(auto const text, filled_in(from.text, asking));
        auto out = evaluate(text);
        if (out) return out;
        return core::fail(
            Errc::invalid, fmt::format("cannot evaluate '{}': {}", from.text, out.error().message)
        );
    }

    Result<Value> operator()(FromVariable const& from) const { return asking.value_of(from.name); }

    Result<Value> operator()(FromCondition const& from) const {
        for (auto const& branch : from.branches) {
            if (!branch.condition) return branch.value;
            auto const holds = all_hold(*branch.condition, asking.facts, asking.in);
            if (!holds) return reported_already();
            if (*holds) return branch.value;
        }
        return Value{};
    }

    Result<Value> operator()(FromVault const& from) const {
        return asking.outside.secret(from.name);
    }

    Result<Value> operator()(FromVaultCertPrompt const& from) const {
        KTRY(auto names, asking.outside.secret_names());
        std::erase_if(names, [](auto const& name) { return !names_certificate(name); });
        return choose(from.text, "Select SSL certificates from the vault", names);
    }

    Result<Value> operator()(FromCertificates const& from) const {
        KTRY(auto const subjects, asking.outside.certificate_subjects());
        return choose(from.text, "Select certificates", subjects);
    }

    Result<Value> operator()(FromServiceLink const& from) const {
        KTRY(auto services, asking.outside.services());
        std::erase_if(services, [&](OfferedService const& service) {
            auto const name = std::string_view(service.name).substr(service.name.rfind('/') + 1);
            return name.find(from.name) == std::string_view::npos ||
                   service.image.find(from.image) == std::string::npos;
        });
        if (services.empty()) return Value{};
        return asking.outside.ask(choose_service(definition, asking.preset, from.text, services));
    }

    Result<Value> operator()(FromServiceInstances const& from) const {
        KTRY(auto const stack, asking.value_of("STACK"));
        return asking.outside.service_instances(to_text(stack), from.service);
    }

private:
    Result<Value> choose(
        std::string const& text, std::string const& usual, std::vector<std::string> const& names
    ) const {
        if (names.empty()) return Value{};
        return asking.outside.ask(
            choose_names(definition, asking.preset, text.empty() ? usual : text, names)
        );
    }
};

} // namespace

core::Error undeclared(std::string_view name, std::span<std::string_view const> known) {
    return core::fail(
        Errc::not_found,
        fmt::format("Undeclared variable '{}'{}", name, core::suggestion(name, known))
    );
}

core::Error reported_already() { return core::fail(Errc::invalid, ""); }

Value from_environment(Outside& outside, std::string_view name) {
    auto text = outside.env(name);
    if (!text || *text == "null" || *text == "nil") return {};
    if (*text == "true") return true;
    if (*text == "false") return false;
    auto const digits =
        !text->empty() && text->find_first_not_of("0123456789") == std::string::npos;
    std::int64_t number = 0;
    auto const* end = text->data() + text->size();
    if (digits && std::from_chars(text->data(), end, number).ec == std::errc{}) return number;
    return std::move(*text);
}

Result<Value> answer(Source const& source, Definition const& definition, Asking const& asking) {
    return std::visit(Answer{definition, asking}, source.origin);
}

} // namespace kontena::stackfile
