// The rules of a room.

#include "tests/unit/room_rules_fixture.h"

namespace musicspace::relay {
namespace {

using std::chrono::seconds;

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
    see(TrackRefused{state.pending->item.id, "Nothing there."});
    EXPECT_FALSE(state.pending);
    EXPECT_EQ(state.timeline, before.timeline);
    EXPECT_EQ(state.now_playing->track.title, "A");
}

TEST_F(RoomRules, ANewerLinkReplacesOneThatIsStillOpening) {
    ask(PlayLink{"https://example.org/a"});
    const ItemId first = state.pending->item.id;
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
    see(TrackOpened{state.pending->item.id, live});
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

}  // namespace
}  // namespace musicspace::relay
