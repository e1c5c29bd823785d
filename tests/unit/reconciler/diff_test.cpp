#include "reconciler/diff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kontena::reconciler {
namespace {

using model::FieldChange;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(Diff, equal_specs_have_none) { EXPECT_THAT(diff({}, {}), IsEmpty()); }

TEST(Diff, names_plain_fields) {
    model::ServiceSpec a{.image = "a:1"};
    model::ServiceSpec b{.image = "a:2", .instances = 3};
    EXPECT_THAT(
        diff(a, b),
        ElementsAre(FieldChange{"image", "a:1", "a:2"}, FieldChange{"instances", "1", "3"})
    );
}

TEST(Diff, compares_nested_settings_key_by_key) {
    model::ServiceSpec a;
    model::ServiceSpec b;
    b.deploy_opts.wait_for_port = 80;
    EXPECT_THAT(diff(a, b), ElementsAre(FieldChange{"deploy_opts.wait_for_port", "", "80"}));
}

TEST(Diff, compares_the_environment_by_name) {
    model::ServiceSpec a;
    model::ServiceSpec b;
    a.env = {"A=1", "B=2"};
    b.env = {"B=3", "C=4"};
    EXPECT_THAT(
        diff(a, b),
        ElementsAre(
            FieldChange{"env.A", "1", ""},
            FieldChange{"env.B", "2", "3"},
            FieldChange{"env.C", "", "4"}
        )
    );
}

TEST(Diff, compares_what_this_version_only_keeps) {
    model::ServiceSpec a;
    model::ServiceSpec b;
    b.hooks.post_start = {{"warm", "curl", {}, false}};
    b.secrets = {{"S", "N", "env"}};
    b.certificates = {{"example.com", "C", "env"}};
    b.volumes_from = {"data-%s"};
    std::vector<std::string> fields;
    for (auto const& change : diff(a, b)) fields.push_back(change.field);
    EXPECT_THAT(
        fields, UnorderedElementsAre("hooks.post_start", "secrets", "certificates", "volumes_from")
    );
    EXPECT_FALSE(model::same_container(a, b));
}

TEST(Diff, knows_the_names_of_secrets) {
    EXPECT_TRUE(looks_secret("db_password"));
    EXPECT_TRUE(looks_secret("API_TOKEN"));
    EXPECT_FALSE(looks_secret("GREETING"));
}

} // namespace
} // namespace kontena::reconciler
