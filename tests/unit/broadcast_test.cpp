// PacketLog and Broadcaster: what leaves when.

#include <gtest/gtest.h>

#include "relay/broadcast/broadcaster.h"

namespace musicspace::relay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr ServerTime kStart = server_time(10'000'000);

std::vector<transcoder::Packet> packets(std::int64_t first, int count) {
    std::vector<transcoder::Packet> made;
    made.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) made.push_back({media_time(first + i * kPacketSamples), {static_cast<std::uint8_t>(i)}});
    return made;
}

TEST(PacketLog, CoversWhatItHolds) {
    PacketLog log;
    EXPECT_FALSE(log.covers(media_time(0), kPacketDuration));
    log.append(packets(-312, 10));
    EXPECT_TRUE(log.covers(media_time(0), kPacketDuration * 9));
    EXPECT_FALSE(log.covers(media_time(0), kPacketDuration * 10));
    EXPECT_FALSE(log.covers(media_time(-313), kPacketDuration));
}

TEST(PacketLog, CoversToTheEndOfAClosedTrack) {
    PacketLog log;
    log.append(packets(-312, 10));
    log.close(media_time(9000));
    EXPECT_TRUE(log.covers(media_time(8000), MediaDuration{kSampleRate}));
}

TEST(PacketLog, ForgetsWholePacketsOnly) {
    PacketLog log;
    log.append(packets(0, 10));
    log.forget_before(media_time(2 * kPacketSamples + 1));
    EXPECT_EQ(log.size(), 8U);
    EXPECT_TRUE(log.covers(media_time(2 * kPacketSamples + 1), kPacketDuration));
}

TEST(PacketLog, ARestartedTierTakesThePlaceOfWhatWasThere) {
    PacketLog log;
    log.append(packets(0, 10));
    log.append(packets(5 * kPacketSamples, 3));
    EXPECT_EQ(log.size(), 3U);
    EXPECT_FALSE(log.covers(media_time(0), kPacketDuration));
}

class BroadcasterTest : public testing::Test {
protected:
    void start_at(MediaTime from) {
        broadcaster.start(1, from,
                          [from](MediaTime position) { return kStart + std::chrono::microseconds((position - from).count() * 1000 / 48); });
    }
    [[nodiscard]] Next next(Cursor& at, ServerTime now, Tier tier = Tier::kbps96, milliseconds lead = seconds(3)) {
        auto found = broadcaster.next(logs, {Tier::kbps24, Tier::kbps96}, at, {tier, lead}, now);
        if (const auto* frame = std::get_if<NextFrame>(&found)) at = frame->after;
        return found;
    }
    // All that is to be had at `now`.
    [[nodiscard]] std::vector<FramePtr> take(Cursor& at, ServerTime now, Tier tier = Tier::kbps96, milliseconds lead = seconds(3)) {
        std::vector<FramePtr> frames;
        while (true) {
            const auto found = next(at, now, tier, lead);
            const auto* frame = std::get_if<NextFrame>(&found);
            if (frame == nullptr) return frames;
            frames.push_back(frame->frame);
        }
    }
    TierLogs logs;
    PacketLog& log = logs.of(Tier::kbps96);
    Broadcaster broadcaster;
    Cursor cursor;
};

int pre_roll_of(const FramePtr& frame) { return frame->payload()[1] >> 4; }
int tier_of(const FramePtr& frame) { return frame->payload()[1] & 15; }
int packets_in(const FramePtr& frame) { return frame->payload()[3]; }

TEST_F(BroadcasterTest, GivesUpToTheLeadAndSaysWhenMoreIsDue) {
    log.append(packets(0, 1000));
    start_at(media_time(0));
    const auto frames = take(cursor, kStart);
    ASSERT_FALSE(frames.empty());
    EXPECT_EQ(frames.back()->ends_at, kStart + seconds(4)) << "the batch that begins three seconds ahead";
    const auto later = next(cursor, kStart);
    EXPECT_EQ(std::get<NotBefore>(later).time, kStart + seconds(1));
}

TEST_F(BroadcasterTest, BatchesGrowWithTheLeadAndFollowEachOther) {
    log.append(packets(0, 1000));
    start_at(media_time(0));
    const auto frames = take(cursor, kStart);
    std::vector<int> sizes;
    sizes.reserve(frames.size());
    for (const auto& frame : frames) sizes.push_back(packets_in(frame));
    EXPECT_EQ(sizes, (std::vector<int>{5, 5, 5, 5, 10, 10, 10, 25, 25, 50, 50}));
    for (std::size_t i = 1; i < frames.size(); ++i) EXPECT_EQ(frames[i]->play_at, frames[i - 1]->ends_at);
}

TEST_F(BroadcasterTest, WhoJoinsLaterFallsIntoStepAndSharesTheFrames) {
    log.append(packets(0, 1000));
    start_at(media_time(0));
    (void)take(cursor, kStart);
    Cursor late;
    const auto burst = take(late, kStart + milliseconds(730));
    EXPECT_EQ(burst.front()->play_at, kStart + milliseconds(640)) << "what plays now, behind its pre-roll";
    EXPECT_EQ(pre_roll_of(burst.front()), 4);
    EXPECT_EQ(late, cursor);
    const auto one = take(cursor, kStart + seconds(1));
    const auto other = take(late, kStart + seconds(1));
    ASSERT_EQ(one.size(), 1U);
    EXPECT_EQ(one, other) << "made once";
    EXPECT_EQ(packets_in(one[0]), 50);
}

TEST_F(BroadcasterTest, PreRollLeadsToAStartInTheMiddle) {
    log.append(packets(0, 1000));
    start_at(media_time(100 * kPacketSamples));
    const auto frames = take(cursor, kStart);
    EXPECT_EQ(frames[0]->play_at, kStart - milliseconds(80));
    EXPECT_EQ(pre_roll_of(frames[0]), 4);
    EXPECT_EQ(pre_roll_of(frames[1]), 0);
}

TEST_F(BroadcasterTest, WaitsForAWholeBatchWhileThereIsTimeAndFlushesTheTracksLast) {
    log.append(packets(0, 3));
    start_at(media_time(0));
    EXPECT_TRUE(std::holds_alternative<NotMade>(next(cursor, kStart - milliseconds(200))));
    logs.close(media_time(3 * kPacketSamples));
    EXPECT_EQ(take(cursor, kStart - milliseconds(200)).size(), 1U);
    EXPECT_TRUE(std::holds_alternative<AtEnd>(next(cursor, kStart)));
}

TEST_F(BroadcasterTest, ASourceThatIsHardlyFasterThanTheSoundIsSentInSmallPieces) {
    log.append(packets(0, 30));
    start_at(media_time(0));
    (void)take(cursor, kStart);
    EXPECT_EQ(cursor.packet, 30) << "though a whole batch is not there yet";
    log.append(packets(30 * kPacketSamples, 3));
    EXPECT_TRUE(take(cursor, kStart + milliseconds(400)).empty());
    EXPECT_EQ(packets_in(take(cursor, kStart + milliseconds(550)).at(0)), 3) << "no time left: what there is";
}

TEST_F(BroadcasterTest, WhoIsTooLateIsToldWhatPlaysNow) {
    log.append(packets(0, 1000));
    start_at(media_time(0));
    (void)next(cursor, kStart);
    EXPECT_TRUE(std::holds_alternative<Late>(next(cursor, kStart + seconds(5))));
    cursor = broadcaster.cursor_at(kStart + seconds(5));
    EXPECT_EQ(cursor.packet, 250);
    EXPECT_EQ(pre_roll_of(take(cursor, kStart + seconds(5)).at(0)), 4);
}

TEST_F(BroadcasterTest, AnotherTierTakesOverAtAPacketWithPreRoll) {
    log.append(packets(0, 1000));
    logs.of(Tier::kbps24).append(packets(12 * kPacketSamples, 988));
    start_at(media_time(0));
    (void)next(cursor, kStart);
    const auto frames = take(cursor, kStart, Tier::kbps24);
    EXPECT_EQ(tier_of(frames[0]), 2) << "what there is, until the other one is";
    EXPECT_EQ(tier_of(frames[1]), 2);
    EXPECT_EQ(tier_of(frames[2]), 0);
    EXPECT_EQ(frames[2]->play_at, kStart + milliseconds(300 - 60)) << "the log holds three ahead";
    EXPECT_EQ(pre_roll_of(frames[2]), 3);
    EXPECT_EQ(pre_roll_of(frames[3]), 0);
}

TEST_F(BroadcasterTest, ANewListenerWaitsForTheWishedTierWhileThereIsTime) {
    log.append(packets(0, 1000));
    logs.of(Tier::kbps24).append(packets(0, 3));
    start_at(media_time(0));
    EXPECT_TRUE(std::holds_alternative<NotMade>(next(cursor, kStart - milliseconds(500), Tier::kbps24)));
    EXPECT_EQ(tier_of(take(cursor, kStart - milliseconds(50), Tier::kbps24).at(0)), 0) << "what there is of it";
    EXPECT_EQ(tier_of(take(cursor, kStart - milliseconds(30), Tier::kbps24).at(0)), 2) << "no longer";
}

TEST_F(BroadcasterTest, AtAnotherSpeedAPacketCoversMoreOfTheTrackInTheSameTime) {
    std::vector<transcoder::Packet> fast;
    fast.reserve(100);
    for (int i = 0; i < 100; ++i) fast.push_back({media_time(i * 1200), {1}, packet_span(125)});
    log.append(fast);
    broadcaster.start(1, media_time(0),
                      [](MediaTime position) { return kStart + std::chrono::microseconds(samples(position) * 1000 * 100 / (48 * 125)); });
    const auto frames = take(cursor, kStart);
    EXPECT_EQ(frames[0]->ends_at - frames[0]->play_at, milliseconds(100));
    for (std::size_t i = 1; i < frames.size(); ++i) EXPECT_EQ(frames[i]->play_at, frames[i - 1]->ends_at);
}

}  // namespace
}  // namespace musicspace::relay
