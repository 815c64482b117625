// What fails in a way nobody foresaw, and what is said by many at once: the room goes on.

#include <gtest/gtest.h>

#include "tests/unit/simulated_room.h"

namespace musicspace::relay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class RoomFailure : public testing::TestWithParam<const char*> {};

TEST_P(RoomFailure, EndsTheLinkThatIsOpenedAndNothingElse) {
    const std::string link = std::string("https://example.org/throws/") + GetParam();
    SimulatedRoom room;
    (void)room.command(PlayLink{"https://example.org/60/50/a"});
    room.run_for(seconds(2));
    const ServerTime from = room.now();
    const auto answer = room.command(PlayLink{link});
    room.run_for(seconds(5));
    EXPECT_EQ(*answer, "internal");
    EXPECT_FALSE(room.state().pending);
    EXPECT_EQ(room.state().status, Status::playing);
    EXPECT_EQ(room.heard().first_silence(from, room.now()), "");
    const auto next = room.command(PlayLink{"https://example.org/30/50/b"});
    room.run_for(seconds(2));
    EXPECT_EQ(*next, "");
    EXPECT_EQ(room.state().now_playing->track.link, "https://example.org/30/50/b");
}

INSTANTIATE_TEST_SUITE_P(Places, RoomFailure, testing::Values("resolve", "load", "open"), [](const auto& place) { return place.param; });

TEST(RoomTalk, WhatManySayAtOnceGoesOutTogether) {
    SimulatedRoom room;
    room.run_for(seconds(1));
    const std::size_t before = room.heard().pieces();
    for (int i = 0; i < 10; ++i) (void)room.command(React{"🔥"});
    room.run_for(milliseconds(200));
    EXPECT_EQ(room.heard().reactions(), 10U);
    EXPECT_LE(room.heard().pieces(), before + 2);
}

TEST(RoomHaste, ARoomIsToldSoMuchAtOnceWhoeverTellsIt) {
    SimulatedRoom room;
    room.run_for(seconds(1));
    const auto taken = [&room](int addresses) {
        int count = 0;
        // As many as an address may send at once.
        for (int i = 0; i < 400 * addresses; ++i) {
            const auto answer = room.command(Pause{}, "address " + std::to_string(i / 400));
            count += **answer == "too-fast" ? 0 : 1;
        }
        return count;
    };
    EXPECT_EQ(taken(30), 10'000);
    room.run_for(seconds(1));
    EXPECT_NEAR(taken(30), 1'000, 1);
    EXPECT_NE(**room.command(Pause{}), "too-fast") << "this machine has no such limit";
}

}  // namespace
}  // namespace musicspace::relay
