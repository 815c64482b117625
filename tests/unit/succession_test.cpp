// What follows what plays: repeats, going back, what was played, and what happens after a restart.

#include "relay/room/succession.h"

#include "relay/room/saved_room.h"
#include "relay/room/saved_settings.h"
#include "tests/unit/room_rules_fixture.h"

namespace musicspace::relay {
namespace {

using std::chrono::seconds;

class Succession : public RoomRules {
protected:
    static constexpr MediaTime kEnd{MediaDuration{60 * kSampleRate}};

    void queue_up(const std::string& title) { ask(AddManyToQueue{{{"https://example.org/" + title, title}}, {}}); }
    void open_pending(const std::string& title) {
        transcoder::Track track;
        track.link = state.pending->item.listed.link;
        track.title = title;
        track.duration = MediaDuration{60 * kSampleRate};
        see(TrackOpened{state.pending->item.id, track});
        see(StreamReady{state.epoch});
    }
    [[nodiscard]] std::string titles() const {
        std::string all;
        for (const QueueItem& item : state.queue) all += item.listed.title;
        return all;
    }
};

TEST_F(Succession, OneTrackRepeatsAcrossTheSeamAndIsNotQueued) {
    play_a_minute();
    ask(SetRepeat{Repeat::one});
    queue_up("B");
    const ItemId current = state.now_playing->item;
    see(NextReady{current, state.epoch, kEnd, state.now_playing->track, {}});
    ASSERT_TRUE(state.upcoming);
    now = state.upcoming->timeline.anchor_time();
    see(SeamReached{});
    EXPECT_EQ(state.now_playing->item, current);
    EXPECT_EQ(titles(), "B");
    EXPECT_TRUE(state.played.empty());
}

TEST_F(Succession, ATrackThatBreaksOffIsNotRepeated) {
    play_a_minute();
    for (const Repeat mode : {Repeat::one, Repeat::all}) {
        ask(SetRepeat{mode});
        see(TrackEnded{state.epoch, "The site went away."});
        EXPECT_FALSE(state.pending);
        EXPECT_TRUE(state.queue.empty());
        EXPECT_EQ(state.settings.repeat, mode);
        play_a_minute();
    }
}

TEST_F(Succession, WhereAllRepeatsWhatHasPlayedIsQueuedAgainAsANewItem) {
    play_a_minute();
    ask(SetRepeat{Repeat::all});
    queue_up("B");
    const ItemId first = state.now_playing->item;
    see(TrackEnded{state.epoch, ""});
    open_pending("B");
    EXPECT_EQ(titles(), "A");
    EXPECT_NE(state.queue.front().id, first);
    see(TrackEnded{state.epoch, ""});
    EXPECT_EQ(state.pending->item.listed.title, "A");
    EXPECT_EQ(titles(), "B");
}

TEST_F(Succession, BackLeadsToTheStartFirstAndFromThereToTheTrackBefore) {
    play_a_minute();
    queue_up("B");
    ask(Skip{});
    open_pending("B");
    now += seconds(20);
    ask(Previous{});
    EXPECT_EQ(state.timeline.anchor_position(), MediaTime{});
    EXPECT_EQ(state.now_playing->track.title, "B");
    ask(Previous{});
    ASSERT_TRUE(state.pending);
    open_pending("A");
    EXPECT_EQ(state.now_playing->track.title, "A");
    EXPECT_EQ(titles(), "B");
    EXPECT_TRUE(state.played.empty());
}

TEST_F(Succession, ASkipIsUndoneWhetherTheNextTrackHasOpenedOrNot) {
    play_a_minute();
    queue_up("B");
    ask(Skip{});
    ask(Previous{true});
    EXPECT_FALSE(state.pending);
    EXPECT_TRUE(has_effect<CancelPending>());
    EXPECT_EQ(titles(), "B");
    ask(Skip{});
    open_pending("B");
    now += seconds(20);
    ask(Previous{true});
    EXPECT_EQ(state.pending->item.listed.title, "A");
}

TEST_F(Succession, WhatDoesNotPlayKeepsItsPlaceMarkedAndIsPlayedWhenAskedFor) {
    play_a_minute();
    queue_up("B");
    queue_up("C");
    see(NextRefused{state.queue.front().id, "Gone."});
    EXPECT_EQ(titles(), "BC");
    EXPECT_EQ(up_next(state)->listed.title, "C");
    ask(PlayItem{state.queue.front().id});
    EXPECT_EQ(state.pending->item.listed.title, "B");
    see(TrackRefused{state.pending->item.id, "Still gone."});
    EXPECT_EQ(state.queue.front().unplayable, "Still gone.");
    EXPECT_EQ(state.now_playing->track.title, "A");
    EXPECT_FALSE(state.pending);
}

TEST_F(Succession, AfterFiveInARowThatDoNotPlayTheRestOfTheQueueIsLeftAlone) {
    play_a_minute();
    for (const char* title : {"B", "C", "D", "E", "F", "G", "H"}) queue_up(title);
    see(TrackEnded{state.epoch, ""});
    for (int i = 0; i < 5; ++i) see(TrackRefused{state.pending->item.id, "No network."});
    EXPECT_FALSE(state.pending);
    EXPECT_EQ(up_next(state)->listed.title, "G");
    EXPECT_EQ(std::ranges::count_if(state.queue, [](const QueueItem& item) { return item.unplayable.empty(); }), 2);
    EXPECT_EQ(state.status, Status::idle);
}

TEST_F(Succession, AnotherTrackIsAnnouncedWhenTheQueueChangesBeforeTheSeam) {
    play_a_minute();
    queue_up("B");
    queue_up("C");
    see(NextReady{state.queue.front().id, state.epoch, kEnd, {}, {}});
    ASSERT_TRUE(state.upcoming);
    const auto [playing, announced] = std::pair(state.epoch, state.upcoming->epoch);
    ask(MoveInQueue{state.queue.back().id, state.queue.front().id});
    EXPECT_FALSE(state.upcoming);
    EXPECT_EQ(state.epoch, playing) << "the current track goes on in its epoch: nobody has to be sent it again";
    see(NextReady{state.queue.front().id, state.epoch, kEnd, {}, {}});
    EXPECT_GT(state.upcoming->epoch, announced) << "listeners may hold frames of the one that was called off";
    EXPECT_EQ(titles(), "CB");
}

TEST_F(Succession, APlaylistInTheQueueBecomesItsTracksInItsPlace) {
    play_a_minute();
    ask(AddToQueue{"https://example.org/list"});
    EXPECT_TRUE(has_effect<ListLink>());
    EXPECT_TRUE(state.queue.front().listing);
    queue_up("Z");
    see(LinkListed{state.queue.front().id, {{"https://example.org/1", "1"}, {"https://example.org/2", "2"}}, true, 3, {}});
    EXPECT_EQ(titles(), "12Z");
    EXPECT_EQ(state.notice, "3 more tracks did not fit into the queue.");
    EXPECT_FALSE(state.queue.front().listing);
}

TEST_F(Succession, WhatIsLearnedOfATrackThatHasGoneChangesNothing) {
    play_a_minute();
    see(LinkListed{12'345, {{"https://example.org/1", "1"}}, false, 0, {}});
    EXPECT_TRUE(rejection);
}

TEST_F(Succession, ARestoredRoomGoesOnWhereItWasOnceSomebodyIsBack) {
    play_a_minute();
    queue_up("B");
    ask(SetVolume{40});
    ask(SetRole{2, Role::dj});
    RoomState restored;
    restore(restored, {saved_settings(state.settings), saved_queue(state), media_time(480'000), true});
    EXPECT_EQ(restored.settings, state.settings);
    EXPECT_EQ(restored.queue, state.queue);
    EXPECT_EQ(restored.last_item, state.last_item);
    state = restored;
    see(ListenersBack{});
    ASSERT_TRUE(has_effect<ResolveLink>());
    EXPECT_EQ(std::get<ResolveLink>(effects.front()).from, media_time(480'000));
    open_pending("A");
    EXPECT_EQ(state.timeline, Timeline::running_from(media_time(480'000), soon()));
    EXPECT_FALSE(has_effect<RecordPlay>());
    see(ListenersBack{});
    EXPECT_TRUE(rejection);
}

TEST_F(Succession, APausedRoomIsRestoredPaused) {
    play_a_minute();
    ask(Pause{});
    RoomState restored;
    restore(restored, {saved_settings(state.settings), saved_queue(state), media_time(4800), false});
    state = restored;
    see(ListenersBack{});
    open_pending("A");
    EXPECT_EQ(state.status, Status::paused);
    EXPECT_EQ(state.timeline.anchor_position(), media_time(4800));
}

}  // namespace
}  // namespace musicspace::relay
