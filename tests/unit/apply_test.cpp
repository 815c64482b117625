#include "relay/room/apply.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace musicspace::relay {
namespace {

using std::chrono::seconds;

// Speaks of a room the way people do; keeps the time.
class RoomRules : public testing::Test {
protected:
    RoomState state;
    ServerTime now = server_time(5'000'000);
    std::vector<Effect> effects;
    std::optional<Rejection> rejection;

    void take(Outcome outcome) {
        effects.clear();
        rejection.reset();
        if (auto* applied = std::get_if<Applied>(&outcome)) {
            state = std::move(applied->state);
            effects = std::move(applied->effects);
        } else {
            rejection = std::get<Rejection>(outcome);
        }
    }
    void ask(Command command, std::optional<std::uint32_t> epoch = {}, MemberId member = 1) {
        take(apply(state, {member, "Ada", epoch, command}, now));
    }
    void see(const Observation& observation) { take(observe(state, observation, now)); }
    template <typename E>
    [[nodiscard]] bool has_effect() const {
        return std::ranges::any_of(effects, [](const Effect& effect) { return std::holds_alternative<E>(effect); });
    }
    [[nodiscard]] ServerTime soon() const { return now + kControlLead; }

    void play_a_minute() {
        ask(PlayLink{"https://example.org/a"});
        transcoder::Track track;
        track.title = "A";
        track.duration = MediaDuration{60 * kSampleRate};
        see(TrackOpened{state.pending->id, track});
        see(StreamReady{state.epoch});
        ASSERT_EQ(state.status, Status::playing);
    }
};

TEST_F(RoomRules, PlayResolvesFirstAndLeavesWhatPlaysAlone) {
    play_a_minute();
    const auto before = state;
    ask(PlayLink{"https://example.org/b"});
    EXPECT_TRUE(has_effect<ResolveLink>());
    EXPECT_EQ(state.status, Status::playing);
    EXPECT_EQ(state.timeline, before.timeline);
    EXPECT_EQ(state.epoch, before.epoch);
}

TEST_F(RoomRules, ALinkThatDoesNotPlayChangesNothingHeard) {
    play_a_minute();
    const auto before = state;
    ask(PlayLink{"https://example.org/b"});
    see(TrackRefused{state.pending->id, "Nothing there."});
    EXPECT_FALSE(state.pending);
    EXPECT_EQ(state.timeline, before.timeline);
    EXPECT_EQ(state.now_playing->track.title, "A");
}

TEST_F(RoomRules, ANewerLinkReplacesOneThatIsStillOpening) {
    ask(PlayLink{"https://example.org/a"});
    const PendingId first = state.pending->id;
    ask(PlayLink{"https://example.org/b"});
    EXPECT_TRUE(has_effect<CancelPending>());
    see(TrackOpened{first, {}});
    EXPECT_TRUE(rejection);
    EXPECT_FALSE(state.now_playing);
}

TEST_F(RoomRules, SoundStartsForAllAtOnceSlightlyAhead) {
    play_a_minute();
    EXPECT_EQ(state.timeline, Timeline::running_from({}, soon()));
}

TEST_F(RoomRules, PauseKeepsTheExactSampleAndResumeGoesOnFromIt) {
    play_a_minute();
    now += seconds(10);
    const MediaTime expected = state.timeline.position_at(soon());
    ask(Pause{});
    EXPECT_EQ(state.status, Status::paused);
    EXPECT_EQ(state.timeline, Timeline::held_at(expected, soon()));
    now += seconds(100);
    ask(Resume{});
    see(StreamReady{state.epoch});
    EXPECT_EQ(state.timeline, Timeline::running_from(expected, soon()));
}

TEST_F(RoomRules, PausingTwiceIsNoErrorAndMovesNothing) {
    play_a_minute();
    ask(Pause{});
    const auto before = state.timeline;
    now += seconds(5);
    ask(Pause{});
    EXPECT_FALSE(rejection);
    EXPECT_EQ(state.timeline, before);
}

TEST_F(RoomRules, EveryBreakInTheStreamIsANewEpoch) {
    play_a_minute();
    const auto playing = state.epoch;
    ask(Pause{});
    EXPECT_EQ(state.epoch, playing);
    ask(Resume{});
    EXPECT_EQ(state.epoch, playing + 1);
    ask(Seek{media_time(0)});
    EXPECT_EQ(state.epoch, playing + 2);
    ask(Stop{});
    EXPECT_EQ(state.epoch, playing + 3);
}

TEST_F(RoomRules, ACommandAgainstAnOldStateIsRefused) {
    play_a_minute();
    const auto seen = state.epoch;
    ask(Seek{media_time(48'000)}, seen);
    EXPECT_FALSE(rejection);
    ask(Seek{media_time(96'000)}, seen);
    ASSERT_TRUE(rejection);
    EXPECT_EQ(rejection->refusal, Refusal::stale_epoch);
    EXPECT_EQ(state.timeline.anchor_position(), media_time(48'000));
}

TEST_F(RoomRules, SeekBeyondTheEndGoesToTheEnd) {
    play_a_minute();
    ask(Seek{media_time(9'999 * kSampleRate)});
    EXPECT_EQ(state.timeline.anchor_position(), media_time(60 * kSampleRate));
}

TEST_F(RoomRules, SeekWhilePausedStaysPaused) {
    play_a_minute();
    ask(Pause{});
    ask(Seek{media_time(4800)});
    EXPECT_EQ(state.status, Status::paused);
    EXPECT_EQ(state.timeline.anchor_position(), media_time(4800));
    EXPECT_FALSE(has_effect<PrepareStream>());
}

TEST_F(RoomRules, ALiveStreamCannotBeSeeked) {
    ask(PlayLink{"https://example.org/live"});
    transcoder::Track live;
    live.is_live = true;
    see(TrackOpened{state.pending->id, live});
    ask(Seek{media_time(1)});
    ASSERT_TRUE(rejection);
    EXPECT_EQ(rejection->refusal, Refusal::not_seekable);
}

TEST_F(RoomRules, ControlsNeedATrack) {
    for (const Command& command : {Command{Pause{}}, Command{Resume{}}, Command{Seek{}}, Command{Stop{}}}) {
        ask(command);
        ASSERT_TRUE(rejection) << op_of(command);
        EXPECT_EQ(rejection->refusal, Refusal::nothing_playing);
    }
}

TEST_F(RoomRules, AStalledSourceHoldsTheRoomWhereItIs) {
    play_a_minute();
    now += seconds(7);
    see(StreamStalled{state.epoch});
    EXPECT_EQ(state.status, Status::buffering);
    EXPECT_TRUE(has_effect<PrepareStream>());
    const MediaTime held = state.timeline.anchor_position();
    now += seconds(3);
    see(StreamReady{state.epoch});
    EXPECT_EQ(state.timeline, Timeline::running_from(held, soon()));
}

TEST_F(RoomRules, ObservationsOfOlderEpochsAreIgnored) {
    play_a_minute();
    const auto old = state.epoch;
    ask(Seek{media_time(0)});
    see(TrackEnded{old, ""});
    EXPECT_TRUE(rejection);
    see(StreamStalled{old});
    EXPECT_TRUE(rejection);
    EXPECT_TRUE(state.now_playing);
}

TEST_F(RoomRules, ATrackThatBrokeOffLeavesANoticeUntilTheNextOne) {
    play_a_minute();
    see(TrackEnded{state.epoch, "The site went away."});
    EXPECT_EQ(state.status, Status::idle);
    EXPECT_EQ(state.notice, "The site went away.");
    play_a_minute();
    EXPECT_TRUE(state.notice.empty());
}

TEST_F(RoomRules, PeopleOfOneNameAreToldApart) {
    see(MemberArrived{1, "Ada"});
    see(MemberArrived{2, "Ada"});
    see(MemberArrived{3, "Ada"});
    EXPECT_EQ(state.members[1].label(), "Ada (2)");
    see(MemberDeparted{2});
    see(MemberArrived{4, "Ada"});
    EXPECT_EQ(state.find(4)->label(), "Ada (2)");
    EXPECT_EQ(state.find(3)->label(), "Ada (3)");
}

TEST_F(RoomRules, AMemberWithTwoTabsLeavesWithTheLastOne) {
    see(MemberArrived{1, "Ada"});
    see(MemberArrived{1, "Ada"});
    ASSERT_EQ(state.members.size(), 1U);
    see(MemberDeparted{1});
    EXPECT_EQ(state.members.size(), 1U);
    see(MemberDeparted{1});
    EXPECT_TRUE(state.members.empty());
}

// The queue, and the seam between two tracks.

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
    EXPECT_EQ(state.pending->link, "https://example.org/a");
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
        EXPECT_GT(state.epoch, announced) << op_of(command);
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
    EXPECT_EQ(state.pending->link, "https://example.org/b");
}

TEST_F(QueueRules, WhatDoesNotPlayIsSkippedWithItsReason) {
    queue_up("https://example.org/a");
    queue_up("https://example.org/b");
    see(TrackRefused{state.pending->id, "Nothing there."});
    EXPECT_EQ(state.pending->link, "https://example.org/b");
    EXPECT_TRUE(has_effect<CancelPending>());
    EXPECT_EQ(state.notice, "Skipped https://example.org/a: Nothing there.");
    play_a_minute();
    queue_up("https://example.org/c");
    see(NextRefused{state.queue.front().id, "Gone."});
    EXPECT_TRUE(state.queue.empty());
    EXPECT_EQ(state.notice, "Skipped https://example.org/c: Gone.");
    EXPECT_EQ(state.status, Status::playing);
}

TEST_F(QueueRules, SkipPlaysTheNextOneOrFallsSilent) {
    play_a_minute();
    queue_up("https://example.org/b");
    ask(Skip{});
    EXPECT_EQ(state.pending->link, "https://example.org/b");
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
