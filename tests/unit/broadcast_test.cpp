// PacketLog, Broadcaster and Outbox: what leaves when, and what a slow line costs.

#include <gtest/gtest.h>

#include "relay/broadcast/broadcaster.h"
#include "relay/broadcast/outbox.h"

namespace musicspace::relay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr ServerTime kStart = server_time(10'000'000);

std::vector<transcoder::Packet> packets(std::int64_t first, int count) {
    std::vector<transcoder::Packet> made;
    for (int i = 0; i < count; ++i) made.push_back({media_time(first + i * kPacketSamples), {static_cast<std::uint8_t>(i)}});
    return made;
}

ServerTime due(MediaTime position) { return kStart + std::chrono::microseconds(samples(position) * 1000 / 48); }

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
    [[nodiscard]] std::vector<FramePtr> take(ServerTime now, Tier tier = Tier::kbps96) {
        slots = broadcaster.take_due(logs, {Tier::kbps24, Tier::kbps96}, now);
        std::vector<FramePtr> frames;
        for (const auto& slot : slots) frames.push_back(slot->frames[index_of(tier)]);
        return frames;
    }
    TierLogs logs;
    PacketLog& log = logs.of(Tier::kbps96);
    Broadcaster broadcaster;
    std::vector<std::shared_ptr<Slot>> slots;
};

TEST_F(BroadcasterTest, SendsNothingBeyondItsLead) {
    log.append(packets(0, 1000));
    broadcaster.start(1, media_time(0), due);
    const auto frames = take(kStart);
    ASSERT_FALSE(frames.empty());
    EXPECT_LE(frames.back()->play_at, kStart + seconds(3));
    EXPECT_GT(frames.back()->ends_at, kStart + seconds(3));
    EXPECT_TRUE(take(kStart).empty());
}

TEST_F(BroadcasterTest, StartsWithSmallFramesAndKeepsThemContiguous) {
    log.append(packets(0, 1000));
    broadcaster.start(1, media_time(0), due);
    const auto frames = take(kStart);
    EXPECT_EQ(frames.front()->ends_at - frames.front()->play_at, milliseconds(100));
    EXPECT_EQ(frames.back()->ends_at - frames.back()->play_at, milliseconds(500));
    for (std::size_t i = 1; i < frames.size(); ++i) EXPECT_EQ(frames[i]->play_at, frames[i - 1]->ends_at);
}

int pre_roll_of(const FramePtr& frame) { return frame->bytes.at(1) >> 4; }
int packets_in(const FramePtr& frame) { return frame->bytes.at(3); }

TEST_F(BroadcasterTest, SendsMarkedPreRollBeforeAStartInTheMiddle) {
    log.append(packets(0, 1000));
    const auto from = media_time(100 * kPacketSamples);
    broadcaster.start(1, from,
                      [from](MediaTime position) { return kStart + std::chrono::microseconds((position - from).count() * 1000 / 48); });
    const auto frames = take(kStart);
    EXPECT_EQ(frames[0]->play_at, kStart - milliseconds(80));
    EXPECT_EQ(pre_roll_of(frames[0]), 4);
    EXPECT_EQ(pre_roll_of(frames[1]), 0);
}

TEST_F(BroadcasterTest, WaitsForAWholeRunButFlushesTheTracksLast) {
    log.append(packets(0, 3));
    broadcaster.start(1, media_time(0), due);
    EXPECT_TRUE(take(kStart).empty());
    logs.close(media_time(3 * kPacketSamples));
    EXPECT_EQ(take(kStart).size(), 1U);
}

TEST_F(BroadcasterTest, ALateJoinerGetsTheSameSlotsAndOneFrameWithPreRoll) {
    log.append(packets(0, 1000));
    broadcaster.start(1, media_time(0), due);
    const auto frames = take(kStart);
    const auto burst = broadcaster.burst(kStart + milliseconds(250));
    ASSERT_EQ(burst.size(), slots.size() - 2);
    EXPECT_EQ(burst.front(), slots[2]);
    const auto entry = broadcaster.entry(*burst.front(), Tier::kbps96, logs);
    EXPECT_EQ(entry, broadcaster.entry(*burst.front(), Tier::kbps96, logs)) << "made once, shared by all who come";
    EXPECT_EQ(pre_roll_of(entry), 4);
    EXPECT_EQ(packets_in(entry), packets_in(frames[2]) + 4);
    EXPECT_EQ(entry->ends_at, frames[2]->ends_at);
}

TEST_F(BroadcasterTest, CutsAllTiersAtTheSamePlaces) {
    log.append(packets(0, 1000));
    logs.of(Tier::kbps24).append(packets(10 * kPacketSamples, 990));
    broadcaster.start(1, media_time(0), due);
    const auto low = take(kStart, Tier::kbps24);
    EXPECT_EQ(low[0], nullptr);
    EXPECT_EQ(low[1], nullptr);
    ASSERT_NE(low[2], nullptr);
    EXPECT_EQ(low[2]->play_at, slots[2]->frames[index_of(Tier::kbps96)]->play_at);
    EXPECT_EQ(low[2]->bytes.at(1), 0);
}

TEST_F(BroadcasterTest, WaitsForATierThatIsABatchBehindWhileThereIsTime) {
    log.append(packets(0, 1000));
    logs.of(Tier::kbps24).append(packets(0, 7));
    broadcaster.start(1, media_time(0), due);
    ASSERT_EQ(take(kStart - milliseconds(500)).size(), 1U);
    EXPECT_FALSE(take(kStart + milliseconds(50)).empty()) << "no longer";
    EXPECT_EQ(slots[0]->frames[index_of(Tier::kbps24)], nullptr);
    logs.of(Tier::kbps24).append(packets(7 * kPacketSamples, 900));
    EXPECT_NE(take(kStart + milliseconds(550), Tier::kbps24).at(0), nullptr);
}

TEST_F(BroadcasterTest, AtAnotherSpeedAPacketCoversMoreOfTheTrackInTheSameTime) {
    std::vector<transcoder::Packet> fast;
    for (int i = 0; i < 100; ++i) fast.push_back({media_time(i * 1200), {1}, packet_span(125)});
    log.append(fast);
    broadcaster.start(1, media_time(0),
                      [](MediaTime position) { return kStart + std::chrono::microseconds(samples(position) * 1000 * 100 / (48 * 125)); });
    const auto frames = take(kStart);
    EXPECT_EQ(frames[0]->ends_at - frames[0]->play_at, milliseconds(100));
    for (std::size_t i = 1; i < frames.size(); ++i) EXPECT_EQ(frames[i]->play_at, frames[i - 1]->ends_at);
}

FramePtr frame_of(std::uint32_t epoch, std::size_t bytes) {
    auto frame = std::make_shared<Frame>();
    frame->epoch = epoch;
    frame->bytes.resize(bytes);
    return frame;
}

class OutboxTest : public testing::Test {
protected:
    Outbox outbox{[] {}, OutboxLimits{.audio_bytes = 1000, .texts = 2, .times = 2}};
    [[nodiscard]] int waiting() {
        int count = 0;
        while (outbox.pop()) ++count;
        return count;
    }
};

TEST_F(OutboxTest, TimeAnswersOvertakeAudio) {
    outbox.push(frame_of(1, 100));
    outbox.push_time({});
    EXPECT_TRUE(std::holds_alternative<TimeAnswer>(*outbox.pop()));
    EXPECT_TRUE(std::holds_alternative<FramePtr>(*outbox.pop()));
}

TEST_F(OutboxTest, ASlowLineLosesTheOldestAudioAndMemoryStaysBounded) {
    for (int i = 0; i < 50; ++i) outbox.push(frame_of(static_cast<std::uint32_t>(i), 100));
    EXPECT_EQ(outbox.dropped_frames(), 40U);
    EXPECT_EQ(std::get<FramePtr>(*outbox.pop())->epoch, 40U);
}

TEST_F(OutboxTest, OnlyTheNewestStateWaits) {
    outbox.push_state(std::make_shared<const std::string>("old"));
    outbox.push_state(std::make_shared<const std::string>("new"));
    EXPECT_EQ(*std::get<TextPtr>(*outbox.pop()), "new");
    EXPECT_EQ(waiting(), 0);
}

TEST_F(OutboxTest, RepliesAreNeverDroppedSilently) {
    const auto text = std::make_shared<const std::string>("x");
    EXPECT_TRUE(outbox.push_reply(text));
    EXPECT_TRUE(outbox.push_reply(text));
    EXPECT_FALSE(outbox.push_reply(text));
}

TEST_F(OutboxTest, FramesOfOlderEpochsAreTakenBack) {
    outbox.push(frame_of(1, 100));
    outbox.push(frame_of(2, 100));
    outbox.drop_before(2);
    EXPECT_EQ(waiting(), 1);
}

}  // namespace
}  // namespace musicspace::relay
