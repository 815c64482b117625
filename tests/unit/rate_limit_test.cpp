#include "relay/rate_limit.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace musicspace::relay {
namespace {

using namespace std::chrono_literals;

constexpr ServerTime kStart = server_time(1'000'000);

TEST(RateLimit, AllowsSoManyAtOnceAndThenOneAfterTheOther) {
    RateLimit<std::string> limit(10, 60s);
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(limit.take("ada", kStart)) << i;
    EXPECT_FALSE(limit.take("ada", kStart));
    EXPECT_TRUE(limit.take("ben", kStart));
    EXPECT_EQ(limit.wait("ada", 1, kStart), 6s);
    EXPECT_FALSE(limit.take("ada", kStart + 5s));
    EXPECT_TRUE(limit.take("ada", kStart + 6s));
    EXPECT_FALSE(limit.take("ada", kStart + 6s));
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(limit.take("ada", kStart + 120s)) << i;
    EXPECT_FALSE(limit.take("ada", kStart + 120s));
}

TEST(RateLimit, WhatIsRefusedDoesNotCount) {
    RateLimit<std::int64_t> limit(1, 10s);
    EXPECT_TRUE(limit.take(7, kStart));
    for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(limit.take(7, kStart + 5s));
    EXPECT_TRUE(limit.take(7, kStart + 10s));
}

TEST(RateLimit, CostsAddUpAndWhatIsMissingIsWaitedFor) {
    RateLimit<std::string> bytes(1'000, 10s);
    EXPECT_EQ(bytes.spend("ada", 600, kStart), 0s);
    EXPECT_EQ(bytes.spend("ada", 600, kStart), 2s);
    EXPECT_EQ(bytes.spend("ada", 600, kStart + 2s), 0s);
    // More than there ever is: from a whole allowance, and then for as long as it takes.
    EXPECT_GT(bytes.spend("ben", 5'000, kStart) + 1us, 0s);
    EXPECT_EQ(bytes.wait("ben", 1, kStart), 40s + 10ms);
    bytes.charge("cleo", 3'000, kStart);
    EXPECT_EQ(bytes.wait("cleo", 1'000, kStart), 30s);
}

TEST(RateLimit, ZeroIsNoLimit) {
    RateLimit<std::string> limit(0, 60s);
    for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(limit.take("ada", kStart));
    EXPECT_EQ(limit.size(), 0U);
}

TEST(RateLimit, KeepsABoundedNumberOfKeysAndForgetsTheOneUsedLeastRecently) {
    RateLimit<std::string> limit(1, 60s, 100);
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(limit.take("key" + std::to_string(i), kStart));
    EXPECT_FALSE(limit.take("key0", kStart));
    EXPECT_TRUE(limit.take(std::string(64'000, 'x'), kStart));
    EXPECT_EQ(limit.size(), 100U);
    EXPECT_TRUE(limit.take("key0", kStart));  // it was the oldest
    EXPECT_FALSE(limit.take("key99", kStart));
}

TEST(RateLimit, ForgetsWhatMattersNoMore) {
    RateLimit<std::int64_t> limit(5, 10s);
    for (std::int64_t key = 0; key < 1'000; ++key) EXPECT_TRUE(limit.take(key, kStart));
    for (std::int64_t key = 0; key < 1'000; ++key) EXPECT_TRUE(limit.take(key % 3, kStart + 20s + std::chrono::seconds(key * 10)));
    EXPECT_LE(limit.size(), 3U);
}

// Against the plain definition: in any stretch of time at most `most` and what the stretch gives back.
TEST(RateLimit, NeverAllowsMoreThanItsRate) {
    const unsigned seed = std::random_device()();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    RateLimit<std::string> limit(20, 10s);
    std::vector<ServerTime> taken;
    ServerTime now = kStart;
    for (int i = 0; i < 5'000; ++i) {
        now += std::chrono::milliseconds(random() % 300);
        if (limit.take("ada", now)) taken.push_back(now);
    }
    for (std::size_t from = 0; from < taken.size(); from += 7) {
        for (std::size_t to = from; to < taken.size(); to += 5) {
            const double seconds = std::chrono::duration<double>(taken[to] - taken[from]).count();
            ASSERT_LE(static_cast<double>(to - from + 1), 20 + seconds * 2 + 1e-3);
        }
    }
    EXPECT_GT(taken.size(), 1'000U);
}

}  // namespace
}  // namespace musicspace::relay
