// Music that waits for somebody, rooms that are kept, rooms that are closed.

#include "tests/unit/room_rules_fixture.h"

namespace musicspace::relay {
namespace {

using namespace std::chrono_literals;

class RoomKeeping : public RoomRules {
protected:
    void SetUp() override { state.settings.roles[1] = Role::host; }
    void ask_with(Command command, std::int64_t account, bool may_keep, MemberId member = 1) {
        CommandRequest request{member, "Ada", {}, std::move(command)};
        request.account = account;
        request.may_keep = may_keep;
        take(apply(state, request, now));
    }
};

TEST_F(RoomKeeping, MusicThatNobodyHearsWaitsAtItsPositionAndGoesOnThere) {
    play_a_minute();
    now += 20s + kControlLead;
    const auto epoch = state.epoch;
    see(NobodyListens{});
    EXPECT_TRUE(has_effect<DropStream>());
    EXPECT_EQ(state.status, Status::idle);
    EXPECT_GT(state.epoch, epoch);
    ASSERT_TRUE(state.suspended);
    EXPECT_EQ(state.suspended->from, MediaTime{MediaDuration{20 * kSampleRate}});
    EXPECT_FALSE(state.suspended->paused);
    EXPECT_TRUE(state.played.empty());
    see(NobodyListens{});
    EXPECT_TRUE(rejection);
    now += 1h;
    see(ListenersBack{});
    ASSERT_TRUE(has_effect<ResolveLink>());
    ASSERT_TRUE(state.pending);
    transcoder::Track track;
    track.duration = MediaDuration{60 * kSampleRate};
    see(TrackOpened{state.pending->item.id, track});
    EXPECT_FALSE(has_effect<RecordPlay>());
    EXPECT_EQ(state.timeline.anchor_position(), MediaTime{MediaDuration{20 * kSampleRate}});
}

TEST_F(RoomKeeping, WhatWasPausedWaitsPausedAndResumeWakesIt) {
    play_a_minute();
    ask(Pause{});
    see(NobodyListens{});
    ASSERT_TRUE(state.suspended && state.suspended->paused);
    ask(Resume{});
    EXPECT_FALSE(state.suspended);
    ASSERT_TRUE(state.pending);
    EXPECT_FALSE(state.pending->paused);
}

TEST_F(RoomKeeping, StopForgetsWhatWaits) {
    play_a_minute();
    see(NobodyListens{});
    ask(Stop{});
    EXPECT_FALSE(rejection);
    EXPECT_FALSE(state.suspended);
    see(ListenersBack{});
    EXPECT_TRUE(rejection);
}

TEST_F(RoomKeeping, ALinkThatIsOpeningIsNotPutAside) {
    play_a_minute();
    ask(PlayLink{"https://example.org/b"});
    see(NobodyListens{});
    EXPECT_TRUE(rejection);
}

TEST_F(RoomKeeping, OnlyAHostWithAnAccountKeepsARoomAndNotTooMany) {
    ask_with(Keep{true}, 0, true);
    ASSERT_TRUE(rejection);
    EXPECT_EQ(rejection->refusal, Refusal::account_needed);
    ask_with(Keep{true}, 7, false);
    ASSERT_TRUE(rejection);
    EXPECT_EQ(rejection->refusal, Refusal::too_many_kept);
    ask_with(Keep{true}, 8, true, 2);
    ASSERT_TRUE(rejection);
    EXPECT_EQ(rejection->refusal, Refusal::not_allowed);
    ask_with(Keep{true}, 7, true);
    EXPECT_EQ(state.kept_by, 7);
    // The room is another host's meanwhile: it stays that of the account that keeps it, and anybody who is host may let it go.
    state.settings.roles = {{2, Role::host}};
    ask_with(Keep{true}, 8, false, 2);
    EXPECT_EQ(state.kept_by, 7);
    ask_with(Keep{false}, 0, false, 2);
    EXPECT_EQ(state.kept_by, 0);
}

TEST_F(RoomKeeping, TheHostClosesIt) {
    ask(Close{}, {}, 2);
    ASSERT_TRUE(rejection);
    EXPECT_EQ(rejection->refusal, Refusal::not_allowed);
    ask(Close{});
    EXPECT_TRUE(has_effect<CloseRoom>());
}

}  // namespace
}  // namespace musicspace::relay
