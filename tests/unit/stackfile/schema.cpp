#include "tests/unit/stackfile/schema.hpp"

#include "core/json/codec.hpp"
#include "tests/unit/stackfile/case_file.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace kontena::test {

namespace bj = boost::json;
using valijson::adapters::BoostJsonAdapter;

struct Schema::Impl {
    valijson::Schema schema;
};

Schema::Schema(std::string const& file)
    : impl_(std::make_unique<Impl>()) {
    auto const text = json::parse(read_file(file)).value();
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(BoostJsonAdapter(text), impl_->schema);
}

Schema::~Schema() = default;

std::vector<std::string> Schema::problems(bj::value const& document) const {
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    valijson::ValidationResults results;
    std::vector<std::string> out;
    if (validator.validate(impl_->schema, BoostJsonAdapter(document), &results)) return out;
    for (valijson::ValidationResults::Error error; results.popError(error);)
        out.push_back(fmt::format("{}: {}", fmt::join(error.context, ""), error.description));
    if (out.empty()) out.emplace_back("does not fit");
    return out;
}

bj::value as_json(yaml::YamlNode const& node) {
    switch (node.kind) {
    case yaml::Kind::null:
        return nullptr;
    case yaml::Kind::boolean:
        return node.boolean;
    case yaml::Kind::integer:
        return node.integer;
    case yaml::Kind::real:
        return node.real;
    case yaml::Kind::string:
        return bj::string(node.text);
    case yaml::Kind::sequence: {
        bj::array out;
        for (auto const& item : node.items) out.push_back(as_json(item));
        return out;
    }
    case yaml::Kind::map: {
        bj::object out;
        for (auto const& [key, value] : node.entries) out[key.text] = as_json(value);
        return out;
    }
    }
    return nullptr;
}

} // namespace kontena::test
