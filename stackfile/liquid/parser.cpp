#include "stackfile/liquid/parser.hpp"

#include "core/base/strings.hpp"
#include "stackfile/liquid/expression_parser.hpp"
#include "stackfile/liquid/limits.hpp"
#include "stackfile/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace kontena::stackfile::liquid {
namespace {

/// A block that is not closed yet. `body` is what is being filled; it goes to its place in `node`
/// when the next part of the block begins.
struct Open {
    std::string_view tag;
    Node node;
    Block body;
    bool last_part = false; ///< an `else` was there
};

struct Tag {
    std::string_view name;
    std::size_t offset = 0;
    ExpressionParser words;
};

class Parser {
public:
    Parser(
        std::string_view text,
        std::vector<Piece> const& pieces,
        std::function<int(std::size_t)> const& line_of
    )
        : text_(text)
        , pieces_(pieces)
        , line_of_(line_of) {}

    Parsed run() {
        open_.push_back({});
        for (std::size_t i = 0; i < pieces_.size() && !stopped_; ++i) {
            read(i);
            stopped_ = stopped_ || problems_.size() >= kMaxErrors;
        }
        while (open_.size() > 1) {
            auto const& block = open_.back();
            if (!stopped_)
                problem(
                    block.node.offset, fmt::format("this '{0}' has no {{% end{0} %}}", block.tag)
                );
            close();
        }
        return {
            .root = std::move(open_.front().body),
            .problems = std::move(problems_),
            .suspects = std::move(suspects_),
        };
    }

private:
    using Handler = Outcome<> (Parser::*)(Tag& tag);

    struct Rule {
        std::string_view name;
        Handler handler;
    };

    static std::array<Rule, 27> const kTags;

    void problem(std::size_t offset, std::string reason) {
        problems_.push_back({offset, std::move(reason)});
    }

    void read(std::size_t index) {
        auto const& piece = pieces_[index];
        switch (piece.kind) {
        case Piece::Kind::text:
            text(index);
            break;
        case Piece::Kind::output:
            if (auto done = output(piece); !done) problems_.push_back(std::move(done).error());
            break;
        case Piece::Kind::tag:
            if (piece.silent) break;
            if (auto done = tag(piece); !done) {
                problems_.push_back(std::move(done).error());
                suspect(piece.content);
            }
            break;
        case Piece::Kind::problem:
            problem(piece.offset, piece.reason);
            suspect(piece.content);
            break;
        }
    }

    void suspect(std::string_view words) {
        constexpr std::string_view kName =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
        while (!words.empty()) {
            auto const length = std::min(words.find_first_not_of(kName), words.size());
            if (length > 0) suspects_.emplace(words.substr(0, length));
            words.remove_prefix(std::max<std::size_t>(length, 1));
        }
    }

    /// Adds to the innermost block, which it may make not blank.
    void add(Node node) {
        auto& body = open_.back().body;
        body.blank = body.blank && node.blank;
        body.nodes.push_back(std::move(node));
    }

    void text(std::size_t index) {
        auto const& piece = pieces_[index];
        auto from = piece.offset;
        auto to = piece.end();
        if (!piece.verbatim) {
            if (index > 0 && pieces_[index - 1].trims_after)
                while (from < to && is_white_space(text_[from])) ++from;
            if (index + 1 < pieces_.size() && pieces_[index + 1].trims_before)
                while (from < to && is_white_space(text_[to - 1])) --to;
        }
        if (from == to) return;
        auto const blank =
            !piece.verbatim && std::ranges::all_of(text_.substr(from, to - from), is_white_space);
        add({.offset = from, .blank = blank, .form = TextNode{to - from}});
    }

    Outcome<ExpressionParser> words(std::string_view content) const {
        auto const offset = static_cast<std::size_t>(content.data() - text_.data());
        KTRY(auto tokens, tokenise(content, offset));
        return ExpressionParser(std::move(tokens));
    }

    Outcome<> output(Piece const& piece) {
        KTRY(auto reader, words(piece.content));
        KTRY(auto value, reader.pipeline());
        KCHECK(reader.end());
        add({.offset = piece.offset, .form = OutputNode{std::move(value)}});
        return {};
    }

    Outcome<> tag(Piece const& piece) {
        auto const [name, rest] = tag_name(piece.content);
        if (name.empty()) return Problem{piece.offset, "a tag without a name"};
        auto const rule = std::ranges::find(kTags, name, &Rule::name);
        if (rule == kTags.end()) return unknown(name, piece.offset);
        auto reader = words(piece.content.substr(rest));
        if (!reader) {
            // The structure of what follows is known all the same.
            mend(name, piece.offset);
            return std::move(reader).error();
        }
        Tag found{.name = name, .offset = piece.offset, .words = std::move(*reader)};
        auto done = (this->*rule->handler)(found);
        if (done)
            done = found.words.end();
        else
            mend(name, piece.offset);
        return done;
    }

    /// Opens the block of a tag that could not be read, if it is one that has a block.
    void mend(std::string_view name, std::size_t offset) {
        static constexpr std::array<std::string_view, 5> kBlocks{
            "if", "unless", "case", "for", "capture"
        };
        if (std::ranges::find(kBlocks, name) == kBlocks.end()) return;
        Tag const tag{.name = name, .offset = offset, .words = ExpressionParser({Token{}})};
        if (name == "case")
            begin(tag, CaseNode{});
        else
            begin(tag, IfNode{});
    }

    Outcome<> unknown(std::string_view name, std::size_t offset) {
        if (name.starts_with("end") && unknown_.contains(name.substr(3))) return {};
        unknown_.insert(name);
        std::vector<std::string_view> names{"raw", "comment"};
        for (auto const& rule : kTags) names.push_back(rule.name);
        return Problem{
            offset, fmt::format("unknown tag '{}'{}", name, core::suggestion(name, names))
        };
    }

    Outcome<> unsupported(Tag& tag) {
        static constexpr std::array<std::string_view, 2> kBlocks{"tablerow", "ifchanged"};
        tag.words = ExpressionParser({Token{}});
        auto const name = tag.name;
        auto const offset = tag.offset;
        if (std::ranges::find(kBlocks, name) != kBlocks.end()) begin(tag, IfNode{});
        return Problem{offset, fmt::format("the tag '{}' is not supported in stack files", name)};
    }

    template <class Form>
    void begin(Tag const& tag, Form form) {
        if (open_.size() > kMaxNesting) {
            problem(tag.offset, fmt::format("tags nest more than {} levels deep", kMaxNesting));
            stopped_ = true;
            return;
        }
        open_.push_back(
            {.tag = tag.name, .node = {.offset = tag.offset, .blank = true, .form = std::move(form)}
            }
        );
    }

    Outcome<> open_if(Tag& tag) {
        KTRY(auto condition, tag.words.condition());
        IfNode form;
        form.branches.push_back({.condition = std::move(condition), .wanted = tag.name == "if"});
        begin(tag, std::move(form));
        return {};
    }

    Outcome<> open_case(Tag& tag) {
        KTRY(auto subject, tag.words.expression());
        begin(tag, CaseNode{.subject = std::move(subject)});
        return {};
    }

    Outcome<> open_capture(Tag& tag) {
        auto const quoted = tag.words.next_is(TokenKind::text);
        KTRY(
            auto const name,
            tag.words.expect(quoted ? TokenKind::text : TokenKind::identifier, "a name")
        );
        begin(tag, CaptureNode{.name = std::string(name.text)});
        return {};
    }

    Outcome<> open_for(Tag& tag) {
        auto& words = tag.words;
        KTRY(auto const variable, words.expect(TokenKind::identifier, "a name"));
        if (!words.accept_word("in")) return words.unexpected("'in'");
        auto const from = words.peek().offset;
        KTRY(auto over, words.expression());
        auto const source = core::trim(text_.substr(from, words.peek().offset - from));
        ForNode form{.variable = std::string(variable.text), .over = std::move(over)};
        form.key = fmt::format("{}-{}", form.variable, source);
        while (!words.next_is(TokenKind::end)) KCHECK(loop_option(words, form));
        begin(tag, std::move(form));
        return {};
    }

    static Outcome<> loop_option(ExpressionParser& words, ForNode& form) {
        if (words.accept_word("reversed")) {
            form.reversed = true;
            return {};
        }
        auto const limit = words.next_is_word("limit");
        if (!limit && !words.next_is_word("offset"))
            return words.unexpected("limit:, offset: or reversed");
        words.take();
        KTRY([[maybe_unused]] auto const colon, words.expect(TokenKind::colon, "':'"));
        if (!limit && words.accept_word("continue")) {
            form.resume = true;
            return {};
        }
        KTRY(auto value, words.expression());
        (limit ? form.limit : form.start) = std::move(value);
        return {};
    }

    // The parts of a block: what follows goes to a new body.

    Outcome<> elsif(Tag& tag) {
        auto* form = std::get_if<IfNode>(&open_.back().node.form);
        if (open_.size() == 1 || form == nullptr) return misplaced(tag, "if or unless");
        auto condition = tag.words.condition();
        if (open_.back().last_part) return after_else(tag);
        end_part();
        form->branches.emplace_back();
        if (!condition) return std::move(condition).error();
        form->branches.back().condition = std::move(*condition);
        return {};
    }

    Outcome<> when(Tag& tag) {
        auto* form = std::get_if<CaseNode>(&open_.back().node.form);
        if (form == nullptr) return misplaced(tag, "case");
        if (open_.back().last_part) return after_else(tag);
        end_part();
        form->branches.emplace_back();
        auto& values = form->branches.back().values;
        do {
            KTRY(auto value, tag.words.expression());
            values.push_back(std::move(value));
        } while (tag.words.accept(TokenKind::comma) || tag.words.accept_word("or"));
        return {};
    }

    Outcome<> otherwise(Tag& tag) {
        auto& block = open_.back();
        if (open_.size() == 1 || std::holds_alternative<CaptureNode>(block.node.form))
            return misplaced(tag, "if, unless, case or for");
        if (block.last_part) return after_else(tag);
        end_part();
        block.last_part = true;
        if (auto* form = std::get_if<IfNode>(&block.node.form)) form->branches.emplace_back();
        if (auto* form = std::get_if<CaseNode>(&block.node.form))
            form->branches.push_back({.otherwise = true});
        if (auto* form = std::get_if<ForNode>(&block.node.form)) form->otherwise.emplace();
        return {};
    }

    Problem misplaced(Tag const& tag, std::string_view owner) const {
        if (open_.size() == 1)
            return {tag.offset, fmt::format("'{}' belongs into {}", tag.name, owner)};
        auto const& block = open_.back();
        return {
            tag.offset,
            fmt::format(
                "'{}' belongs into {}, but the innermost block here is the '{}' of line {}",
                tag.name,
                owner,
                block.tag,
                line_of_(block.node.offset)
            )
        };
    }

    Problem after_else(Tag const& tag) const {
        return {
            tag.offset,
            fmt::format(
                "'{}' behind the 'else' of the '{}' of line {}",
                tag.name,
                open_.back().tag,
                line_of_(open_.back().node.offset)
            )
        };
    }

    /// Puts the body that was filled where it belongs.
    void end_part() {
        auto& node = open_.back().node;
        auto part = std::exchange(open_.back().body, Block{});
        auto const* choice = std::get_if<CaseNode>(&node.form);
        auto const dropped = choice != nullptr && choice->branches.empty();
        node.blank = node.blank && (dropped || part.blank);
        std::visit([&](auto& form) { place(form, std::move(part)); }, node.form);
    }

    /// What stands in front of the first `when` of a case is dropped.
    template <class Form>
        requires requires(Form& form) { form.branches; }
    static void place(Form& form, Block part) {
        if (!form.branches.empty()) form.branches.back().body = std::move(part);
    }

    static void place(ForNode& form, Block part) {
        (form.otherwise ? *form.otherwise : form.body) = std::move(part);
    }

    static void place(CaptureNode& form, Block part) { form.body = std::move(part); }

    static void place(auto&, Block) {}

    void close() {
        end_part();
        auto block = std::move(open_.back());
        open_.pop_back();
        if (std::holds_alternative<CaptureNode>(block.node.form)) block.node.blank = true;
        add(std::move(block.node));
    }

    Outcome<> end(Tag& tag) {
        auto const name = tag.name.substr(3);
        auto const opened = std::ranges::find(open_.rbegin(), open_.rend() - 1, name, &Open::tag);
        if (opened == open_.rend() - 1)
            return Problem{
                tag.offset, fmt::format("'{}' without an '{}' before it", tag.name, name)
            };
        auto const& innermost = open_.back();
        if (innermost.tag == name) {
            close();
            return {};
        }
        Problem wrong{
            tag.offset,
            fmt::format(
                "'{}' stands here, but the '{}' of line {} is not closed yet",
                tag.name,
                innermost.tag,
                line_of_(innermost.node.offset)
            )
        };
        while (open_.back().tag != name) close();
        close();
        return wrong;
    }

    // Tags without a block.

    Outcome<> assign(Tag& tag) {
        KTRY(auto const name, tag.words.expect(TokenKind::identifier, "a name"));
        KTRY([[maybe_unused]] auto const sign, tag.words.expect(TokenKind::assign, "'='"));
        KTRY(auto value, tag.words.pipeline());
        add(
            {.offset = tag.offset,
             .blank = true,
             .form = AssignNode{std::string(name.text), std::move(value)}}
        );
        return {};
    }

    Outcome<> counter(Tag& tag) {
        KTRY(auto const name, tag.words.expect(TokenKind::identifier, "a name"));
        add(
            {.offset = tag.offset,
             .form = CounterNode{std::string(name.text), tag.name == "increment"}}
        );
        return {};
    }

    Outcome<> cycle(Tag& tag) {
        CycleNode form;
        auto const from = tag.words.peek().offset;
        KTRY(auto first, tag.words.expression());
        if (tag.words.accept(TokenKind::colon)) {
            form.group = std::move(first);
            KTRY(first, tag.words.expression());
        }
        form.values.push_back(std::move(first));
        while (tag.words.accept(TokenKind::comma)) {
            KTRY(auto value, tag.words.expression());
            form.values.push_back(std::move(value));
        }
        form.key = core::trim(text_.substr(from, tag.words.peek().offset - from));
        add({.offset = tag.offset, .form = std::move(form)});
        return {};
    }

    Outcome<> interrupt(Tag& tag) {
        auto const inside = std::ranges::any_of(open_, [](Open const& block) {
            return block.tag == "for" && !block.last_part;
        });
        if (!inside) return Problem{tag.offset, fmt::format("'{}' outside of a loop", tag.name)};
        add({.offset = tag.offset, .form = tag.name == "break" ? Interrupt::leave : Interrupt::next}
        );
        return {};
    }

    std::string_view text_;
    std::vector<Piece> const& pieces_;
    std::function<int(std::size_t)> const& line_of_;
    std::vector<Open> open_; ///< innermost last; the first is the template itself
    std::vector<Problem> problems_;
    std::set<std::string, std::less<>> suspects_;
    std::set<std::string_view> unknown_;
    bool stopped_ = false; ///< there is no use in reading on
};

constinit std::array<Parser::Rule, 27> const Parser::kTags{{
    {"if", &Parser::open_if},
    {"unless", &Parser::open_if},
    {"elsif", &Parser::elsif},
    {"else", &Parser::otherwise},
    {"endif", &Parser::end},
    {"endunless", &Parser::end},
    {"case", &Parser::open_case},
    {"when", &Parser::when},
    {"endcase", &Parser::end},
    {"for", &Parser::open_for},
    {"endfor", &Parser::end},
    {"break", &Parser::interrupt},
    {"continue", &Parser::interrupt},
    {"assign", &Parser::assign},
    {"capture", &Parser::open_capture},
    {"endcapture", &Parser::end},
    {"cycle", &Parser::cycle},
    {"increment", &Parser::counter},
    {"decrement", &Parser::counter},
    {"endraw", &Parser::end},
    {"endcomment", &Parser::end},
    {"include", &Parser::unsupported},
    {"render", &Parser::unsupported},
    {"tablerow", &Parser::unsupported},
    {"endtablerow", &Parser::end},
    {"ifchanged", &Parser::unsupported},
    {"endifchanged", &Parser::end},
}};

} // namespace

Parsed parse(
    std::string_view text,
    std::vector<Piece> const& pieces,
    std::function<int(std::size_t offset)> const& line_of
) {
    return Parser(text, pieces, line_of).run();
}

} // namespace kontena::stackfile::liquid
