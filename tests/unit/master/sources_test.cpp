#include "master/gitops/sources.hpp"

#include <gtest/gtest.h>

namespace kontena::master {
namespace {

TEST(Sources, a_person_who_asks_for_a_commit_is_its_actor) {
    model::Source const source{.id = core::SourceId("g/apps")};
    model::Revision const revision{.commit = "abc", .message = "make it blue"};
    auto const polled = cause_of(source, revision);
    EXPECT_EQ(polled.kind, model::CauseKind::commit);
    EXPECT_EQ(polled.actor, "source:apps");
    auto const asked = cause_of(
        source,
        revision,
        {.kind = model::CauseKind::user, .actor = "ann", .detail = "sync source apps"}
    );
    EXPECT_EQ(asked.kind, model::CauseKind::user);
    EXPECT_EQ(asked.actor, "ann");
    for (auto const& cause : {polled, asked}) {
        EXPECT_EQ(cause.detail, "make it blue");
        EXPECT_EQ(cause.source, "apps");
        EXPECT_EQ(cause.commit, "abc");
    }
}

} // namespace
} // namespace kontena::master
