// How long rooms live that nobody is in, and which goes when there are too many.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "relay/room/due_times.h"
#include "relay/room/empty_rooms.h"
#include "relay/room/room_life.h"

namespace musicspace::relay {
namespace {

using namespace std::chrono_literals;

constexpr ServerTime kStart = server_time(1'000'000);
constexpr LifePolicy kPolicy{.used_grace = 100s, .unused_grace = 10s, .suspend_after = 5s};

TEST(RoomLife, EndsSoonerWhereNothingHappened) {
    RoomLife life;
    EXPECT_FALSE(life.over_at(kPolicy));
    life.empty_since = kStart;
    EXPECT_EQ(life.over_at(kPolicy), kStart + 10s);
    life.used = true;
    EXPECT_EQ(life.over_at(kPolicy), kStart + 100s);
    life.kept_by = 7;
    EXPECT_FALSE(life.over_at(kPolicy));
}

TEST(DueTimes, GivesThoseThatAreDueInOrderAndOnce) {
    DueTimes<int> due;
    due.by(1, kStart + 3s);
    due.by(2, kStart + 1s);
    due.by(3, kStart + 9s);
    due.by(1, kStart + 5s);  // sooner is wanted already
    due.by(3, kStart + 2s);
    EXPECT_EQ(due.next(), kStart + 1s);
    std::vector<int> visited;
    while (const auto key = due.take(kStart + 3s)) visited.push_back(*key);
    EXPECT_EQ(visited, (std::vector{2, 3, 1}));
    EXPECT_EQ(due.next(), ServerTime::max());
    due.set(4, kStart + 8s);
    due.set(4, ServerTime::max());
    EXPECT_EQ(due.size(), 0U);
}

std::vector<std::int64_t> all_surplus(EmptyRooms& rooms, const std::string& address) {
    std::vector<std::int64_t> gone;
    while (const auto room = rooms.surplus(address)) {
        gone.push_back(*room);
        rooms.remove(*room);
    }
    return gone;
}

TEST(EmptyRooms, TheUnusedGoFirstAndOfTheUsedTheOldest) {
    EmptyRooms rooms({.rooms = 3, .rooms_per_address = 0, .bytes = 1'000, .bytes_per_address = 1'000});
    rooms.put(1, {"a", true, kStart, 0});
    rooms.put(2, {"a", true, kStart + 1s, 0});
    rooms.put(3, {"a", false, kStart + 9s, 0});
    EXPECT_FALSE(rooms.surplus("a"));
    rooms.put(4, {"c", true, kStart + 10s, 0});
    EXPECT_EQ(all_surplus(rooms, "c"), (std::vector<std::int64_t>{3}));
    rooms.put(1, {"a", true, kStart + 20s, 0});  // somebody was there again
    rooms.put(5, {"d", true, kStart + 21s, 0});
    EXPECT_EQ(all_surplus(rooms, "d"), (std::vector<std::int64_t>{2}));
}

TEST(EmptyRooms, OneAddressPushesOutItsOwnOnly) {
    EmptyRooms rooms({.rooms = 0, .rooms_per_address = 2, .bytes = 1'000, .bytes_per_address = 1'000});
    rooms.put(1, {"a", false, kStart, 0});
    for (std::int64_t room = 2; room < 20; ++room) {
        rooms.put(room, {"mallory", true, kStart + std::chrono::seconds(room), 0});
        (void)all_surplus(rooms, "mallory");
    }
    EXPECT_EQ(rooms.size(), 3U);
    rooms.remove(1);
    EXPECT_EQ(rooms.size(), 2U);
    // This machine's are counted in all only.
    for (std::int64_t room = 30; room < 40; ++room) rooms.put(room, {"", true, kStart, 0});
    EXPECT_FALSE(rooms.surplus(""));
}

TEST(EmptyRooms, AreBoundedInBytesOfAnAddressAndInAll) {
    EmptyRooms rooms({.rooms = 0, .rooms_per_address = 0, .bytes = 100'000, .bytes_per_address = 60'000});
    rooms.put(1, {"a", true, kStart, 1'000});
    rooms.put(2, {"mallory", true, kStart + 1s, 50'000});
    rooms.put(3, {"mallory", true, kStart + 2s, 20'000});
    EXPECT_EQ(all_surplus(rooms, "mallory"), (std::vector<std::int64_t>{2}));
    rooms.put(4, {"mallory", true, kStart + 3s, 40'000});
    rooms.put(5, {"b", true, kStart + 4s, 45'000});
    // Beyond what all may have, it is one of those who have most, though others have waited longer.
    EXPECT_EQ(all_surplus(rooms, "b"), (std::vector<std::int64_t>{3}));
    rooms.put(5, {"b", true, kStart + 5s, 1'000});
    rooms.put(6, {"b", true, kStart + 6s, 50'000});
    EXPECT_FALSE(rooms.surplus("b"));
}

}  // namespace
}  // namespace musicspace::relay
