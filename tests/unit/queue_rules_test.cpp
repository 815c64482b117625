// The queue, and the seam between two tracks.

#include "relay/room/succession.h"
#include "tests/unit/room_rules_fixture.h"

namespace musicspace::relay {
namespace {

class QueueRules : public RoomRules {
protected:
    static constexpr MediaTime kEnd{MediaDuration{60 * kSampleRate}};

    void queue_up(const std::string& link) { ask(AddToQueue{link}); }
    void get_ready(double gain = -3) {
        transcoder::Track track;
        track.title = "B";
        see(NextReady{state.queue.front().id, state.epoch, kEnd, track, gain});
    }
    void announce_next() {
        play_a_minute();
        queue_up("https://example.org/b");
        get_ready();
        ASSERT_TRUE(state.upcoming);
    }
};

TEST_F(QueueRules, InASilentRoomTheFirstAddedLinkIsOpenedAtOnce) {
    queue_up("https://example.org/a");
    ASSERT_TRUE(state.pending);
    EXPECT_TRUE(state.queue.empty());
    EXPECT_TRUE(has_effect<ResolveLink>());
    queue_up("https://example.org/b");
    EXPECT_EQ(state.pending->item.listed.link, "https://example.org/a");
    EXPECT_EQ(state.queue.size(), 1U);
}

TEST_F(QueueRules, TheNextTrackStartsAtTheInstantTheCurrentOneEnds) {
    announce_next();
    EXPECT_EQ(state.upcoming->timeline.anchor_time(), state.timeline.due_at(kEnd));
    EXPECT_EQ(state.upcoming->timeline.anchor_position(), MediaTime{});
    EXPECT_EQ(state.now_playing->track.title, "A");
    const std::uint32_t epoch = state.upcoming->epoch;
    now = state.upcoming->timeline.anchor_time() - std::chrono::milliseconds(1);
    see(SeamReached{});
    EXPECT_EQ(rejection->refusal, Refusal::not_applicable);
    now += std::chrono::milliseconds(1);
    see(SeamReached{});
    EXPECT_TRUE(has_effect<AdoptNextStream>());
    EXPECT_EQ(state.now_playing->track.title, "B");
    EXPECT_EQ(state.now_playing->gain_db, -3);
    EXPECT_EQ(state.epoch, epoch);
    EXPECT_EQ(state.status, Status::playing);
    EXPECT_TRUE(state.queue.empty());
}

TEST_F(QueueRules, WhatChangesTheCurrentTrackCallsTheNextOneOffAndItsEpochIsNotUsedAgain) {
    for (const Command& command : std::vector<Command>{Pause{}, Seek{MediaTime{}}, SetSpeed{150}, Stop{}, PlayLink{"https://example.org/c"},
                                                       Skip{}, RemoveFromQueue{2}}) {
        state = RoomState{};
        announce_next();
        ASSERT_EQ(state.queue.front().id, 2U);
        const std::uint32_t announced = state.upcoming->epoch;
        ask(command);
        EXPECT_FALSE(rejection) << op_of(command);
        EXPECT_FALSE(state.upcoming) << op_of(command);
        EXPECT_NE(state.epoch, announced) << op_of(command);
        EXPECT_GT(state.new_epoch(), announced) << op_of(command);
    }
}

TEST_F(QueueRules, APauseThatTakesEffectBehindTheSeamPausesTheNextTrack) {
    announce_next();
    now = state.upcoming->timeline.anchor_time() - kControlLead / 2;
    ask(Pause{});
    EXPECT_TRUE(has_effect<AdoptNextStream>());
    EXPECT_EQ(state.now_playing->track.title, "B");
    EXPECT_EQ(state.status, Status::paused);
    EXPECT_EQ(state.timeline.anchor_position(), MediaTime{MediaDuration{kSampleRate / 8}});
}

TEST_F(QueueRules, TooLateForASeamTheNextTrackIsOpenedWhenTheCurrentOneEnds) {
    play_a_minute();
    queue_up("https://example.org/b");
    now = state.timeline.due_at(kEnd) - kControlLead / 2;
    get_ready();
    EXPECT_FALSE(state.upcoming);
    see(TrackEnded{state.epoch, ""});
    EXPECT_TRUE(has_effect<ResolveLink>());
    EXPECT_EQ(state.pending->item.listed.link, "https://example.org/b");
}

TEST_F(QueueRules, WhatDoesNotPlayIsSkippedWithItsReason) {
    queue_up("https://example.org/a");
    queue_up("https://example.org/b");
    see(TrackRefused{state.pending->item.id, "Nothing there."});
    EXPECT_EQ(state.pending->item.listed.link, "https://example.org/b");
    EXPECT_TRUE(has_effect<CancelPending>());
    EXPECT_EQ(state.notice, "Skipped https://example.org/a: Nothing there.");
    play_a_minute();
    EXPECT_EQ(state.queue.front().unplayable, "Nothing there.");
    queue_up("https://example.org/c");
    see(NextRefused{state.queue.back().id, "Gone."});
    EXPECT_EQ(next_in_queue(state), nullptr);
    EXPECT_EQ(state.notice, "Skipped https://example.org/c: Gone.");
    EXPECT_EQ(state.status, Status::playing);
}

TEST_F(QueueRules, SkipPlaysTheNextOneOrFallsSilent) {
    play_a_minute();
    queue_up("https://example.org/b");
    ask(Skip{});
    EXPECT_EQ(state.pending->item.listed.link, "https://example.org/b");
    EXPECT_EQ(state.status, Status::playing);  // until the next one is there
    ask(Skip{});
    EXPECT_EQ(state.status, Status::idle);
    ask(Skip{});
    EXPECT_EQ(rejection->refusal, Refusal::nothing_playing);
}

TEST_F(QueueRules, TheQueueIsBounded) {
    play_a_minute();
    for (int i = 0; i < 500; ++i) queue_up("https://example.org/b");
    EXPECT_FALSE(rejection);
    queue_up("https://example.org/b");
    EXPECT_EQ(rejection->refusal, Refusal::queue_full);
    ask(RemoveFromQueue{99'999});
    EXPECT_EQ(rejection->refusal, Refusal::not_queued);
}

}  // namespace
}  // namespace musicspace::relay
