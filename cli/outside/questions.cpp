#include "cli/outside/questions.hpp"

#include "core/base/strings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace kontena::cli {

using core::Errc;
using core::Result;
using stackfile::Question;
using stackfile::Value;
using Kind = Question::Kind;

namespace {

constexpr int kAttempts = 5;

class Dialog {
public:
    Dialog(Terminal& terminal, Question const& question)
        : terminal_(terminal)
        , question_(question) {}

    Result<Value> run() {
        if (choosing()) show_menu();
        for (int attempt = 0; attempt < kAttempts; ++attempt) {
            KTRY(auto const line, line_behind(prompt()));
            if (line.empty()) return question_.preset;
            KTRY(auto answer, read(line));
            if (answer) return std::move(*answer);
            terminal_.err << fmt::format("  '{}' is not one of the answers\n", line);
        }
        return core::fail(
            Errc::invalid, fmt::format("no answer to '{}' was understood", question_.text)
        );
    }

private:
    bool choosing() const {
        return question_.kind == Kind::choice || question_.kind == Kind::choices;
    }

    void show_menu() {
        terminal_.err << question_.text << ":\n";
        std::size_t number = 0;
        for (auto const& choice : question_.choices)
            terminal_.err << fmt::format("  {}. {}\n", ++number, choice.label);
        if (question_.can_be_other) terminal_.err << fmt::format("  {}. (Other)\n", ++number);
    }

    std::string prompt() const {
        auto const preset = shown_preset();
        auto const hint = preset.empty() ? "" : fmt::format(" [{}]", preset);
        switch (question_.kind) {
        case Kind::yes_no:
            return fmt::format(
                "{} ({}) : ", question_.text, question_.preset == Value(true) ? "Y/n" : "y/N"
            );
        case Kind::choice:
            return fmt::format("Number{} : ", hint);
        case Kind::choices:
            return fmt::format("Numbers, with commas between them{} : ", hint);
        case Kind::secret:
            return question_.text + " : ";
        default:
            return fmt::format("{}{} : ", question_.text, hint);
        }
    }

    /// The preset as the user would type it.
    std::string shown_preset() const {
        if (!choosing()) return stackfile::to_text(question_.preset);
        std::string out;
        for (std::size_t i = 0; i < question_.choices.size(); ++i) {
            auto const& value = question_.choices[i].value;
            auto const* list = std::get_if<stackfile::List>(&question_.preset);
            bool const chosen = list == nullptr ? value == question_.preset
                                                : std::ranges::find(*list, value) != list->end();
            if (chosen) out += (out.empty() ? "" : ",") + std::to_string(i + 1);
        }
        if (out.empty() && question_.can_be_other) return stackfile::to_text(question_.preset);
        return out;
    }

    Result<std::string> line_behind(std::string const& text) {
        terminal_.err << text << std::flush;
        bool const hidden = question_.kind == Kind::secret && terminal_.echo;
        if (hidden) terminal_.echo(false);
        std::string line;
        bool const there = static_cast<bool>(std::getline(terminal_.in, line));
        if (hidden) {
            terminal_.echo(true);
            terminal_.err << "\n";
        }
        if (!there)
            return core::fail(
                Errc::invalid,
                fmt::format("the input ended before '{}' was answered", question_.text)
            );
        return question_.kind == Kind::secret ? line : std::string(core::trim(line));
    }

    /// Nullopt when it is none of the possible answers.
    Result<std::optional<Value>> read(std::string const& line) {
        switch (question_.kind) {
        case Kind::yes_no:
            return yes_or_no(line);
        case Kind::choice:
            return chosen(line);
        case Kind::choices:
            return all_chosen(line);
        default:
            return std::optional<Value>(line);
        }
    }

    static std::optional<Value> yes_or_no(std::string line) {
        std::ranges::transform(line, line.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        if (line == "y" || line == "yes") return Value(true);
        if (line == "n" || line == "no") return Value(false);
        return std::nullopt;
    }

    /// By number, or by the value or label itself.
    Result<std::optional<Value>> chosen(std::string_view line) {
        std::size_t number = 0;
        auto const [stop, ec] = std::from_chars(line.data(), line.data() + line.size(), number);
        auto const& choices = question_.choices;
        if (ec == std::errc{} && stop == line.data() + line.size()) {
            if (number >= 1 && number <= choices.size())
                return std::optional(choices[number - 1].value);
            if (question_.can_be_other && number == choices.size() + 1) {
                KTRY(auto other, line_behind(question_.text + " : "));
                return std::optional<Value>(std::move(other));
            }
        }
        for (auto const& choice : choices)
            if (choice.label == line || stackfile::to_text(choice.value) == line)
                return std::optional(choice.value);
        return std::optional<Value>();
    }

    Result<std::optional<Value>> all_chosen(std::string const& line) {
        stackfile::List out;
        for (auto const part : core::split(line, ',')) {
            KTRY(auto one, chosen(core::trim(part)));
            if (!one) return std::optional<Value>();
            out.push_back(std::move(*one));
        }
        return std::optional<Value>(std::move(out));
    }

    Terminal& terminal_;
    Question const& question_;
};

} // namespace

Result<Value> ask(Terminal& terminal, Question const& question) {
    if (!terminal.in_is_tty) return Value{};
    return Dialog(terminal, question).run();
}

} // namespace kontena::cli
