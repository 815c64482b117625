#include "relay/room/timeline.h"

#include <gtest/gtest.h>

namespace musicspace::relay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr ServerTime kStart = server_time(1'000'000);

TEST(Timeline, HeldStaysWhereItIs) {
    const auto timeline = Timeline::held_at(media_time(777), kStart);
    EXPECT_EQ(timeline.position_at(kStart + seconds(100)), media_time(777));
}

TEST(Timeline, RunsOneSecondOfMediaPerSecond) {
    const auto timeline = Timeline::running_from(media_time(100), kStart);
    EXPECT_EQ(timeline.position_at(kStart + seconds(3)), media_time(100 + 3 * kSampleRate));
}

TEST(Timeline, StandsAtItsAnchorBeforeItsTime) {
    const auto timeline = Timeline::running_from(media_time(100), kStart);
    EXPECT_EQ(timeline.position_at(kStart - seconds(1)), media_time(100));
}

TEST(Timeline, SpeedScalesMediaTime) {
    EXPECT_EQ(Timeline::running_from({}, kStart, 200).position_at(kStart + seconds(1)), media_time(2 * kSampleRate));
    EXPECT_EQ(Timeline::running_from({}, kStart, 50).position_at(kStart + seconds(1)), media_time(kSampleRate / 2));
}

TEST(Timeline, DueAtIsTheInverseToTheSample) {
    const auto timeline = Timeline::running_from(media_time(-312), kStart, 125);
    for (const std::int64_t position : {-312LL, 0LL, 960LL, 48'000LL, 36LL * 3600 * 48'000}) {
        const ServerTime due = timeline.due_at(media_time(position));
        EXPECT_LE(std::abs(samples(timeline.position_at(due)) - position), 1) << position;
    }
}

TEST(Timeline, DueAtReachesBackBeforeTheAnchor) {
    const auto timeline = Timeline::running_from(media_time(kPacketSamples), kStart);
    EXPECT_EQ(timeline.due_at(media_time(0)), kStart - milliseconds(20));
}

TEST(Timeline, StaysExactOverManyHours) {
    const auto timeline = Timeline::running_from({}, kStart, 200);
    EXPECT_EQ(timeline.position_at(kStart + std::chrono::hours(1000)), media_time(2000LL * 3600 * kSampleRate));
}

}  // namespace
}  // namespace musicspace::relay
