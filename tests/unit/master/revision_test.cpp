#include "master/control/revision.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

namespace kontena::master {
namespace {

/// A source that gets one commit after the other.
class Revisions : public ::testing::Test {
protected:
    /// `name: image` of each stack.
    FullRevision commit(std::map<std::string, std::string> const& stacks) {
        std::vector<Content> contents;
        for (auto const& [name, image] : stacks) {
            model::StackSpec stack{.name = name};
            model::NamedService service{.name = "web"};
            service.spec.image = image;
            stack.services.push_back(std::move(service));
            contents.push_back(content_of(std::move(stack)));
        }
        ++count_;
        auto out = make_revision(
            {.source = source_,
             .commit = fmt::format("c{}", count_),
             .created_at = core::TimePoint(core::Seconds(count_))},
            std::move(contents)
        );
        Txn txn(state_, {});
        put_revision(txn, out);
        state_ = txn.state();
        return out;
    }

    template <class T>
    std::size_t count() const {
        std::size_t out = 0;
        state_.all<T>().for_each([&](auto const&, auto const&) { ++out; });
        return out;
    }

    core::SourceId source_{"g/src"};
    State state_;
    int count_ = 0;
};

TEST_F(Revisions, ShareWhatDoesNotChange) {
    commit({{"a", "a:1"}, {"b", "b:1"}});
    auto const second = commit({{"a", "a:1"}, {"b", "b:2"}});
    EXPECT_EQ(count<model::RenderedStack>(), 3U);
    auto const found = find_revision(state_, second.revision.id);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->stacks.size(), 2U);
    EXPECT_EQ(found->stacks[0]->name, "a");
    EXPECT_EQ(found->stacks[1]->services.at(0).spec.image, "b:2");
}

TEST_F(Revisions, TheOldestIsForgottenWithWhatOnlyItSays) {
    auto const first = commit({{"a", "a:1"}, {"b", "b:1"}, {"c", "c:1"}});
    for (int i = 2; i <= 20; ++i) commit({{"a", "a:1"}, {"b", fmt::format("b:{}", i)}});
    commit({{"a", "a:1"}, {"c", "c:1"}});
    EXPECT_EQ(count<model::Revision>(), 20U);
    EXPECT_FALSE(find_revision(state_, first.revision.id));
    EXPECT_EQ(count<model::RenderedStack>(), 21U) << "a:1 and c:1 are in others; b:1 is in none";
}

TEST_F(Revisions, TheLastGoodOneIsKept) {
    auto const good = commit({{"a", "a:0"}});
    Txn txn(state_, {});
    txn.put(model::SourceStatus{.id = source_, .good_revision = good.revision.id});
    state_ = txn.state();
    for (int i = 1; i <= 30; ++i) commit({{"a", fmt::format("a:{}", i)}});
    EXPECT_TRUE(find_revision(state_, good.revision.id));
    EXPECT_EQ(count<model::Revision>(), 20U);
}

TEST_F(Revisions, AreGoneWithTheirSource) {
    commit({{"a", "a:1"}});
    commit({{"a", "a:1"}, {"b", "b:1"}});
    Txn txn(state_, {});
    remove_revisions(txn, source_);
    state_ = txn.state();
    EXPECT_EQ(count<model::Revision>(), 0U);
    EXPECT_EQ(count<model::RenderedStack>(), 0U);
}

} // namespace
} // namespace kontena::master
