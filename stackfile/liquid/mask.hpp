#pragma once

#include "core/yaml/node.hpp"
#include "stackfile/text.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kontena::stackfile::liquid {

/// Makes YAML of a text whose templates are not rendered yet. YAML reads `- {{ x | f: "a" }}` as
/// something else or not at all, so a word stands in for each tag and output while it is parsed;
/// a line that holds nothing but tags becomes empty.
class Mask {
public:
    explicit Mask(MappedText const& source);

    /// What YAML reads. Other text can be made of it before.
    MappedText const& text() const { return masked_; }

    /// Puts the templates back into the scalars of a tree that was read from the text.
    void lift(yaml::YamlNode& node) const;
    std::string lift(std::string_view text) const;

private:
    MappedText masked_;
    std::vector<std::string> hidden_; ///< by number of the word
};

} // namespace kontena::stackfile::liquid
