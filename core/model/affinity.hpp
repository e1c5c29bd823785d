#pragma once

#include "core/base/result.hpp"

#include <string>
#include <string_view>

namespace kontena::model {

enum class AffinityKey { node, label, service, container };
BOOST_DESCRIBE_ENUM(AffinityKey, node, label, service, container)

/// One affinity rule: KEY (== or !=) [~] VALUE; VALUE in slashes is a regular expression that
/// matches anywhere in the text. `%s`, `%i` and `%d` in VALUE stand for the instance number.
struct Affinity {
    AffinityKey key = AffinityKey::label;
    bool negated = false;
    bool soft = false;  ///< ignored when it would leave no node
    bool regex = false; ///< value is the expression, without its slashes
    std::string value;

    friend bool operator==(Affinity const&, Affinity const&) = default;
};

/// The last `==` or `!=` is the operator. Refuses what does not parse and what does not compile;
/// Errc::unsupported for a rule that is fine, but for a KEY that the scheduler does not know.
core::Result<Affinity> parse_affinity(std::string_view rule);

/// True when VALUE mentions the instance number.
bool mentions_instance(Affinity const& affinity);

/// A text in which `%s`, `%i` or `%d` stands for the instance number, with the number.
std::string with_instance(std::string_view text, int instance);

} // namespace kontena::model
