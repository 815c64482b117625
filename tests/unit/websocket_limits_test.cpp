// How much a client may send, and how long it may keep silent.

#include <gtest/gtest.h>

#include <memory>

#include "relay/session/hello_watch.h"
#include "relay/session/read_budget.h"

namespace musicspace::relay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const ServerTime kStart = server_time(1'000'000'000);

TEST(ReadBudget, AllowsABurstAndThenASteadyRate) {
    ReadBudget budget(kStart);
    EXPECT_TRUE(budget.take(ReadBudget::kBurst, kStart));
    EXPECT_FALSE(budget.take(1, kStart));
    EXPECT_TRUE(budget.take(ReadBudget::kBytesPerSecond / 2, kStart + milliseconds(500)));
    EXPECT_FALSE(budget.take(1, kStart + milliseconds(500)));
    for (int second = 1; second <= 100; ++second)
        EXPECT_TRUE(budget.take(ReadBudget::kBytesPerSecond, kStart + milliseconds(500) + seconds(second)));
    EXPECT_FALSE(budget.take(64, kStart + milliseconds(100'500)));
    EXPECT_TRUE(budget.take(ReadBudget::kBurst, kStart + std::chrono::hours(24 * 365)));
    EXPECT_FALSE(budget.take(ReadBudget::kBurst, kStart));  // a clock that goes back gives nothing
}

TEST(ReadBudget, LosesNothingToSmallSteps) {
    ReadBudget budget(kStart);
    EXPECT_TRUE(budget.take(ReadBudget::kBurst, kStart));
    for (int i = 1; i <= 10'000; ++i) static_cast<void>(budget.take(0, kStart + std::chrono::microseconds(i * 100)));
    EXPECT_TRUE(budget.take(ReadBudget::kBytesPerSecond - 1000, kStart + seconds(1)));
}

TEST(HelloWatch, RemindsOnceAndKeepsNothingOfWhoHasGone) {
    HelloWatch watch;
    int overdue = 0;
    HelloWatch::Ticket stays;
    watch.expect(stays, kStart, [&] { ++overdue; });
    {
        HelloWatch::Ticket goes;
        watch.expect(goes, kStart, [&] { ADD_FAILURE(); });
        EXPECT_EQ(watch.size(), 2U);
    }
    EXPECT_EQ(watch.size(), 1U);
    watch.tick(kStart + milliseconds(9'999));
    EXPECT_EQ(overdue, 0);
    watch.tick(kStart + seconds(10));
    watch.tick(kStart + seconds(30));
    EXPECT_EQ(overdue, 1);
    EXPECT_EQ(watch.size(), 0U);
}

TEST(HelloWatch, MayLoseAConnectionWhileItRemindsAnother) {
    HelloWatch watch;
    auto first = std::make_unique<HelloWatch::Ticket>();
    auto second = std::make_unique<HelloWatch::Ticket>();
    watch.expect(*first, kStart, [&] {
        first.reset();
        second.reset();
    });
    watch.expect(*second, kStart, [&] { ADD_FAILURE(); });
    watch.tick(kStart + seconds(10));
    EXPECT_EQ(watch.size(), 0U);
}

}  // namespace
}  // namespace musicspace::relay
