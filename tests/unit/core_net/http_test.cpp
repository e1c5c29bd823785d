#include "core/net/http.hpp"

#include <gtest/gtest.h>

namespace kontena::net {
namespace {

TEST(Headers, AreFoundInAnyCase) {
    Headers headers{{"Content-Type", "text/plain"}, {"X-A", "1"}};
    headers.add("x-a", "2");
    EXPECT_EQ(headers.get("content-type"), "text/plain");
    EXPECT_EQ(headers.get("X-a"), "1");
    headers.set("x-A", "3");
    EXPECT_EQ(headers.get("X-A"), "3");
    EXPECT_EQ(headers.size(), 2U);
    EXPECT_FALSE(headers.has("Content"));
}

TEST(StatusTable, EveryErrorHasAStatusThatLeadsBack) {
    using enum core::Errc;
    for (auto const code :
         {invalid,
          not_found,
          conflict,
          denied,
          unauthenticated,
          unavailable,
          timeout,
          unsupported,
          internal}) {
        EXPECT_EQ(errc_of_status(status_of(code)), code);
        EXPECT_FALSE(reason_phrase(status_of(code)).empty());
    }
}

} // namespace
} // namespace kontena::net
