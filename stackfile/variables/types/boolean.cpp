#include "core/base/strings.hpp"
#include "stackfile/variables/types/types.hpp"

#include <algorithm>
#include <array>

namespace kontena::stackfile {

using core::Result;
using yaml::YamlNode;

namespace {

void check_words(Checker& in, YamlNode const& value) {
    check_items(in, value, [&](YamlNode const& item) { check_scalar(in, item); });
}

/// What `as: integer` or `as: string` makes of true or false.
Value output(YamlNode const& map, std::string_view as, bool which) {
    if (as == "boolean") return which;
    auto const* own = map.find(which ? "true" : "false");
    auto const given = own == nullptr || own->is_null() ? Value{} : from_node(*own);
    if (as == "integer") {
        if (std::holds_alternative<std::int64_t>(given)) return given;
        return std::int64_t{which ? 1 : 0};
    }
    if (is_null(given)) return to_text(which);
    return own->is_string() ? own->text : to_text(given);
}

} // namespace

std::span<KeyRule const> boolean_options() {
    static constexpr auto kOptions = std::to_array<KeyRule>({
        {"truthy", check_words},
        {"nil_is", check_boolean},
        {"blank_is", check_boolean},
        {"as", check_string},
        {"true", check_scalar},
        {"false", check_scalar},
    });
    return kOptions;
}

BooleanType BooleanType::read(YamlNode const& map) {
    BooleanType out{
        .truthy_words = {"true", "yes", "1", "on", "enabled", "enable"},
        .nil_is = flag(map, "nil_is"),
        .blank_is = flag(map, "blank_is"),
    };
    if (auto const* words = map.find("truthy"); words != nullptr && !words->is_null()) {
        out.truthy_words.clear();
        for (auto const& word : words->items) {
            out.truthy_words.push_back(lower(word.text));
            // `truthy: [yes]` is written as a boolean and also means the word.
            if (!word.is_string()) out.truthy_words.push_back(to_text(from_node(word)));
        }
    }
    auto const* as = map.find("as");
    auto const kind = as == nullptr || as->is_null() ? "boolean" : lower(as->text);
    out.when_true = output(map, kind, true);
    out.when_false = output(map, kind, false);
    return out;
}

Result<Sanitised> BooleanType::sanitise(Value const& raw, Show) const {
    auto const decide = [&] {
        if (is_null(raw)) return nil_is;
        if (auto const* own = std::get_if<bool>(&raw)) return *own;
        auto const text = to_text(raw);
        if (is_blank(text)) return blank_is;
        return std::ranges::find(truthy_words, lower(core::trim(text))) != truthy_words.end();
    };
    return Sanitised{decide() ? when_true : when_false};
}

std::optional<Refusal> BooleanType::refuse(Value const&, Show) const { return std::nullopt; }

bool BooleanType::truthy(Value const& value) const { return value == when_true; }

} // namespace kontena::stackfile
