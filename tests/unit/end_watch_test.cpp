// The watch over the end: it ends a program that hangs, and no other.

#include "relay/end_watch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>

namespace musicspace::relay {
namespace {

using namespace std::chrono_literals;

TEST(EndWatchDeathTest, EndsAProgramThatHangs) {
    testing::GTEST_FLAG(death_test_style) = "threadsafe";
    EXPECT_EXIT(
        {
            EndWatch watch;
            watch.start(10ms);
            std::promise<void>().get_future().wait();
        },
        testing::ExitedWithCode(0), "");
}

TEST(EndWatchDeathTest, LeavesOneThatEndsInTimeAlone) {
    testing::GTEST_FLAG(death_test_style) = "threadsafe";
    EXPECT_EXIT(
        {
            {
                EndWatch watch;
                watch.start(1h);
            }
            std::exit(7);
        },
        testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace musicspace::relay
