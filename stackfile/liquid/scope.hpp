#pragma once

#include "stackfile/liquid/data.hpp"
#include "stackfile/liquid/liquid.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::stackfile::liquid {

/// A loop that is running.
struct Loop {
    std::string_view variable;
    Data current;
    std::int64_t index = 0; ///< from 0
    std::int64_t length = 0;
    bool hidden = false; ///< it runs over something hidden
};

/// The variables of a run: those of loops in front of assigned ones in front of given ones.
class Scope {
public:
    explicit Scope(Context const& context);

    std::optional<Data> find(std::string_view name) const;

    /// Has no value because of an error that is reported already.
    bool broken(std::string_view name) const;
    /// Is hidden, or was made of something that is.
    bool hidden(std::string_view name) const;
    std::vector<std::string_view> names() const;

    void assign(std::string const& name, Data value, bool hidden);
    /// The value could not be computed.
    void assign_broken(std::string const& name);
    /// Counters live beside the assigned variables and start from a given integer, or from 0.
    std::int64_t& counter(std::string const& name);

    std::vector<Loop> loops; ///< innermost last

private:
    using Names = std::map<std::string, Data, std::less<>>;

    Context const& context_;
    Names given_;
    Names assigned_;
    std::set<std::string, std::less<>> broken_;
    std::set<std::string, std::less<>> hidden_; ///< of the assigned ones
};

} // namespace kontena::stackfile::liquid
