#pragma once

#include "core/yaml/node.hpp"

#include <boost/json/fwd.hpp>

#include <memory>
#include <string>
#include <vector>

namespace kontena::test {

/// One of our JSON schemas, ready to check documents.
class Schema {
public:
    explicit Schema(std::string const& file);
    ~Schema();

    /// Why the document does not fit, empty when it does.
    std::vector<std::string> problems(boost::json::value const& document) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// A YAML document as an editor's schema checker sees it.
boost::json::value as_json(yaml::YamlNode const& node);

} // namespace kontena::test
