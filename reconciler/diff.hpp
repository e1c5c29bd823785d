#pragma once

#include "core/model/plan.hpp"
#include "core/model/service_spec.hpp"

#include <string_view>
#include <vector>

namespace kontena::reconciler {

/// What differs between two specs, field by field, in the order of the fields; environment and
/// nested settings key by key. Values of variables whose name hints at a secret are masked.
std::vector<model::FieldChange>
diff(model::ServiceSpec const& before, model::ServiceSpec const& after);

/// True for names such as DB_PASSWORD, API_TOKEN, SSH_KEY.
bool looks_secret(std::string_view name);

} // namespace kontena::reconciler
