#pragma once

#include "stackfile/liquid/expression.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

/// A template as a tree of its tags. Offsets are those of the template.
namespace kontena::stackfile::liquid {

struct Node;

struct Block {
    std::vector<Node> nodes;
    bool blank = true; ///< renders nothing but white space
};

struct TextNode {
    std::size_t length = 0;
};

struct OutputNode {
    Pipeline value;
};

/// Of `if`, `unless` and their `elsif` and `else`.
struct Branch {
    std::optional<Condition> condition; ///< nullopt for `else`
    bool wanted = true;                 ///< false for `unless`
    Block body;
};

struct IfNode {
    std::vector<Branch> branches;
};

struct When {
    std::vector<Expression> values;
    bool otherwise = false; ///< `else`
    Block body;
};

struct CaseNode {
    Expression subject;
    std::vector<When> branches;
};

struct ForNode {
    std::string variable;
    Expression over;
    std::optional<Expression> limit;
    std::optional<Expression> start;
    bool resume = false; ///< `offset: continue`
    bool reversed = false;
    std::string key; ///< loops with the same one resume one another
    Block body;
    std::optional<Block> otherwise; ///< when there is nothing to loop over
};

struct AssignNode {
    std::string name;
    Pipeline value;
};

struct CaptureNode {
    std::string name;
    Block body;
};

struct CycleNode {
    std::optional<Expression> group;
    std::string key; ///< of a cycle without group
    std::vector<Expression> values;
};

struct CounterNode {
    std::string name;
    bool up = true;
};

enum class Interrupt { none, leave, next };

struct Node {
    std::size_t offset = 0;
    bool blank = false;
    std::variant<
        TextNode,
        OutputNode,
        IfNode,
        CaseNode,
        ForNode,
        AssignNode,
        CaptureNode,
        CycleNode,
        CounterNode,
        Interrupt>
        form;
};

} // namespace kontena::stackfile::liquid
