#include "stackfile/liquid/renderer.hpp"

#include "stackfile/liquid/evaluate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

namespace kontena::stackfile::liquid {
namespace {

/// Where rendered text goes: to the result, into a captured variable, or nowhere.
class Sink {
public:
    Sink(MappedText const& source, Budget& budget)
        : source_(source)
        , budget_(budget) {}

    void copy(std::size_t offset, std::size_t length) {
        if (muted_ || !budget_.output(length)) return;
        if (captured_ == nullptr)
            out_.copy(source_, offset, length);
        else
            captured_->append(source_.text(), offset, length);
    }

    void insert(std::string_view text, std::size_t offset) {
        if (muted_ || !budget_.output(text.size())) return;
        if (captured_ == nullptr)
            out_.insert(text, source_, offset);
        else
            *captured_ += text;
    }

    /// What `write` renders goes nowhere.
    template <class Write>
    auto mute(Write write) {
        auto const before = std::exchange(muted_, true);
        auto result = write();
        muted_ = before;
        return result;
    }

    /// What `write` renders goes to `text`.
    template <class Write>
    auto capture(std::string& text, Write write) {
        auto* const before = std::exchange(captured_, &text);
        auto const muted = std::exchange(muted_, false);
        auto result = write();
        captured_ = before;
        muted_ = muted;
        return result;
    }

    MappedText take() { return std::move(out_); }

private:
    MappedText const& source_;
    Budget& budget_;
    MappedText out_;
    std::string* captured_ = nullptr;
    bool muted_ = false;
};

/// What a loop runs over, without building it.
class Series {
public:
    explicit Series(Data data)
        : data_(std::move(data)) {}

    std::uint64_t size() const {
        if (auto const* list = list_of(data_)) return list->size();
        if (auto const* range = std::get_if<Range>(&data_)) return range->size();
        return text_of(data_) != nullptr && !is_empty(data_) ? 1 : 0;
    }

    Data at(std::uint64_t index) const {
        if (auto const* list = list_of(data_)) return (*list)[index];
        if (auto const* range = std::get_if<Range>(&data_))
            return static_cast<std::int64_t>(static_cast<std::uint64_t>(range->first) + index);
        return data_;
    }

private:
    Data data_;
};

class Renderer {
public:
    Renderer(
        MappedText const& source, LineIndex const& original, Context const& context, Report& report
    )
        : source_(source)
        , original_(original)
        , report_(report)
        , scope_(context)
        , evaluator_(scope_, budget_)
        , sink_(source, budget_) {}

    Rendering run(Block const& root) {
        render(root);
        return {.text = sink_.take(), .whole = whole_};
    }

private:
    Place place(std::size_t offset) const { return original_.place(source_.origin(offset)); }

    /// Reports each place once, however often it is rendered.
    void report(Problem const& problem) {
        stopped_ = stopped_ || problem.fatal || report_.full();
        if (told_.insert(problem.offset).second)
            report_.template_error("", place(problem.offset), problem.reason);
    }

    /// When what was computed last is hidden: no message about its line shows `text`, or a value.
    bool hide(std::size_t offset, std::string_view text) {
        auto const hidden = evaluator_.take_hidden();
        if (hidden) report_.hide(place(offset).line, text);
        return hidden;
    }

    /// A tag that failed: what the text looks like is no longer known.
    template <class T>
    bool check_tag(Outcome<T> const& outcome, std::size_t offset) {
        auto const doubt = evaluator_.take_doubt();
        hide(offset, {});
        if (!outcome && (!doubt || outcome.error().fatal)) report(outcome.error());
        if (doubt || !outcome) whole_ = false;
        return outcome.has_value();
    }

    Interrupt render(Block const& block) {
        for (auto const& node : block.nodes) {
            auto const interrupt = render(node);
            if (interrupt != Interrupt::none || stopped_) return interrupt;
        }
        return Interrupt::none;
    }

    Interrupt render(Node const& node) {
        if (!spend(0, node.offset)) return Interrupt::none;
        auto const visit = [&] {
            return std::visit(
                [&](auto const& form) { return render(form, node.offset); }, node.form
            );
        };
        auto const block = !std::holds_alternative<TextNode>(node.form);
        auto const result = node.blank && block ? sink_.mute(visit) : visit();
        if (budget_.exhausted()) stop(node.offset);
        return result;
    }

    bool spend(std::size_t bytes, std::size_t offset) {
        if (budget_.step(bytes)) return true;
        stop(offset);
        return false;
    }

    void stop(std::size_t offset) {
        whole_ = false;
        if (!stopped_) report(evaluator_.exhausted(offset));
    }

    Interrupt render(TextNode const& node, std::size_t offset) {
        sink_.copy(offset, node.length);
        return Interrupt::none;
    }

    Interrupt render(OutputNode const& node, std::size_t offset) {
        auto const data = evaluator_.value(node.value);
        auto const doubt = evaluator_.take_doubt();
        if (doubt) report_.taint(place(offset).line);
        if (doubt || !data) ++lost_outputs_;
        if (!data) hide(offset, {});
        if (data)
            write(*data, offset);
        else if (!doubt || data.error().fatal)
            report(data.error());
        return Interrupt::none;
    }

    void write(Data const& data, std::size_t offset) {
        auto const show = [&](std::string const& text) {
            if (hide(offset, text)) ++hidden_outputs_;
            sink_.insert(text, offset);
        };
        if (auto const* text = text_of(data))
            show(*text);
        else
            show(to_text(data));
    }

    Interrupt render(IfNode const& node, std::size_t offset) {
        for (auto const& branch : node.branches) {
            if (!branch.condition) return render(branch.body);
            auto const holds = evaluator_.holds(*branch.condition);
            if (check_tag(holds, offset) && *holds == branch.wanted) return render(branch.body);
        }
        return Interrupt::none;
    }

    Interrupt render(CaseNode const& node, std::size_t offset) {
        auto const subject = evaluator_.value(node.subject);
        if (!check_tag(subject, offset)) return Interrupt::none;
        for (auto const& branch : node.branches) {
            auto const chosen = branch.otherwise ||
                                std::ranges::any_of(branch.values, [&](Expression const& value) {
                                    auto const same = matches(node.subject, *subject, value);
                                    return check_tag(same, offset) && *same;
                                });
            if (chosen) return render(branch.body);
        }
        return Interrupt::none;
    }

    Outcome<bool> matches(Expression const& written, Data const& subject, Expression const& value) {
        if (!std::holds_alternative<Emptiness>(written.form))
            return evaluator_.equals(subject, value);
        KTRY(auto const data, evaluator_.value(value));
        return evaluator_.equals(data, written);
    }

    /// The part of a series that a loop runs over.
    struct Slice {
        std::uint64_t first = 0;
        std::uint64_t size = 0;
    };

    Outcome<Slice> slice(ForNode const& node, std::uint64_t size) {
        auto const bounded = [&](std::int64_t count) {
            return std::min(size, static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0)));
        };
        Slice out{.first = 0, .size = size};
        if (node.resume) {
            auto const earlier = resume_.find(node.key);
            out.first = earlier == resume_.end() ? 0 : std::min(size, earlier->second);
        } else if (node.start) {
            KTRY(auto const start, evaluator_.integer(*node.start));
            out.first = bounded(start);
        }
        out.size = size - out.first;
        if (node.limit) {
            KTRY(auto const limit, evaluator_.value(*node.limit));
            if (is_null(limit)) return out;
            KTRY(auto const count, evaluator_.integer(*node.limit));
            out.size = std::min(out.size, bounded(count));
        }
        return out;
    }

    Interrupt render(ForNode const& node, std::size_t offset) {
        auto const over = evaluator_.value(node.over);
        auto const hidden = hide(offset, {});
        if (!check_tag(over, offset)) return Interrupt::none;
        if (!spend(node.key.size(), offset)) return Interrupt::none;
        Series const series(*over);
        auto const part = slice(node, series.size());
        if (!check_tag(part, offset)) return Interrupt::none;
        resume_[node.key] = part->first + part->size;
        if (part->size == 0) return node.otherwise ? render(*node.otherwise) : Interrupt::none;
        if (part->size > kMaxIterations) {
            report({
                .offset = offset,
                .reason = fmt::format(
                    "this loop has {} iterations; at most {} are allowed",
                    part->size,
                    kMaxIterations
                ),
                .fatal = true,
            });
            whole_ = false;
            return Interrupt::none;
        }
        scope_.loops.push_back(
            {.variable = node.variable,
             .length = static_cast<std::int64_t>(part->size),
             .hidden = hidden}
        );
        loop(node, series, *part, offset);
        scope_.loops.pop_back();
        return Interrupt::none;
    }

    void loop(ForNode const& node, Series const& series, Slice part, std::size_t offset) {
        for (std::uint64_t i = 0; i < part.size && !stopped_; ++i) {
            if (!budget_.iteration()) return stop(offset);
            auto& current = scope_.loops.back();
            current.index = static_cast<std::int64_t>(i);
            current.current = series.at(part.first + (node.reversed ? part.size - 1 - i : i));
            if (render(node.body) == Interrupt::leave) return;
        }
    }

    /// A variable that could not be computed is broken, which harms only those who use it.
    Interrupt render(AssignNode const& node, std::size_t offset) {
        if (!spend(node.name.size(), offset)) return Interrupt::none;
        auto value = evaluator_.value(node.value);
        auto const doubt = evaluator_.take_doubt();
        auto const hidden = hide(offset, {});
        if (!value && (!doubt || value.error().fatal)) report(value.error());
        if (value && !doubt)
            scope_.assign(node.name, std::move(*value), hidden);
        else
            scope_.assign_broken(node.name);
        return Interrupt::none;
    }

    Interrupt render(CaptureNode const& node, std::size_t offset) {
        if (!spend(node.name.size(), offset)) return Interrupt::none;
        std::string text;
        auto const lost = lost_outputs_;
        auto const secrets = hidden_outputs_;
        auto const interrupt = sink_.capture(text, [&] { return render(node.body); });
        if (lost == lost_outputs_)
            scope_.assign(node.name, make_text(std::move(text)), secrets != hidden_outputs_);
        else
            scope_.assign_broken(node.name);
        return interrupt;
    }

    Interrupt render(CycleNode const& node, std::size_t offset) {
        auto key = "values " + node.key;
        if (node.group) {
            auto const group = evaluator_.value(*node.group);
            if (!check_tag(group, offset) || !spend(weight(*group), offset)) return Interrupt::none;
            key = "group " + to_text(*group);
        }
        if (!spend(key.size(), offset)) return Interrupt::none;
        auto& turn = turns_[std::move(key)];
        auto const value = evaluator_.value(node.values[turn % node.values.size()]);
        turn = (turn + 1) % node.values.size();
        auto const hidden = hide(offset, value ? to_text(*value) : std::string());
        if (hidden) ++hidden_outputs_;
        if (check_tag(value, offset)) write(*value, offset);
        return Interrupt::none;
    }

    Interrupt render(CounterNode const& node, std::size_t offset) {
        if (!spend(node.name.size(), offset)) return Interrupt::none;
        auto& count = scope_.counter(node.name);
        // Given values can be as large as integers are, and then stay.
        if (!node.up && count > std::numeric_limits<std::int64_t>::min()) --count;
        sink_.insert(std::to_string(count), offset);
        if (node.up && count < std::numeric_limits<std::int64_t>::max()) ++count;
        return Interrupt::none;
    }

    Interrupt render(Interrupt interrupt, std::size_t) { return interrupt; }

    MappedText const& source_;
    LineIndex const& original_;
    Report& report_;
    Budget budget_;
    Scope scope_;
    Evaluator evaluator_;
    Sink sink_;
    std::map<std::string, std::uint64_t, std::less<>> resume_; ///< by key of the loop
    std::map<std::string, std::size_t, std::less<>> turns_;    ///< by key of the cycle
    std::set<std::size_t> told_;
    std::size_t lost_outputs_ = 0;   ///< that could not be computed
    std::size_t hidden_outputs_ = 0; ///< that have hidden values in them
    bool whole_ = true;
    bool stopped_ = false;
};

} // namespace

Rendering
run(Block const& root,
    MappedText const& source,
    LineIndex const& original,
    Context const& context,
    Report& report) {
    return Renderer(source, original, context, report).run(root);
}

} // namespace kontena::stackfile::liquid
