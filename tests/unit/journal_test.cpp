#include "db/journal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

namespace musicspace::db {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = Journal::Kind;

const JournalTime kStart{std::chrono::hours(1)};

RoomChange change_of(std::int64_t room, std::int64_t position, std::optional<std::string> settings = {},
                     std::optional<std::string> queue = {}) {
    return {room, 1, "playing", "link", position, std::move(settings), std::move(queue)};
}

RoomEvent event_of(std::int64_t room, std::uint32_t number, const std::string& result = "ok", std::size_t bytes = 10) {
    return {room, 7, "seek", std::string(bytes, 'x'), result, number};
}

// An event's number travels as its epoch.
std::vector<std::uint32_t> numbers_of(const std::vector<JournalEntry>& entries, std::int64_t room) {
    std::vector<std::uint32_t> numbers;
    for (const JournalEntry& entry : entries) {
        const auto* event = std::get_if<RoomEvent>(&entry.what);
        if (event != nullptr && entry.room_id == room) numbers.push_back(event->epoch);
    }
    return numbers;
}

std::vector<JournalEntry> drain(Journal& journal, Kind kind, JournalTime now) {
    std::vector<JournalEntry> all;
    while (true) {
        auto taken = journal.take(kind, 100, now);
        if (taken.empty()) return all;
        for (JournalEntry& entry : taken) {
            journal.settle(entry);
            all.push_back(std::move(entry));
        }
    }
}

// No limit on how many events come within a second.
JournalLimits unhurried() {
    JournalLimits limits;
    limits.events_at_once = limits.refusals_at_once = 1e9;
    return limits;
}

TEST(Journal, KeepsOfEachRoomTheNewestStateWithTheNewestOfEachPart) {
    Journal journal;
    journal.change(change_of(1, 10, "settings 1", "queue 1"), kStart);
    journal.change(change_of(1, 20, "settings 2"), kStart + seconds(1));
    journal.change(change_of(1, 30), kStart + seconds(2));
    journal.change(change_of(2, 99), kStart);
    const auto states = drain(journal, Kind::states, kStart + seconds(2));
    ASSERT_EQ(states.size(), 2U);
    const auto& change = std::get<RoomChange>(states[0].what);
    EXPECT_EQ(change.position_samples, 30);
    EXPECT_EQ(change.settings_json, "settings 2");
    EXPECT_EQ(change.queue_json, "queue 1");
    EXPECT_EQ(states[0].at, kStart + seconds(2));
    EXPECT_EQ(journal.entries(), 0U);
    EXPECT_FALSE(journal.due());
}

TEST(Journal, AStateThatComesBackGivesWayToANewerOne) {
    Journal journal;
    journal.change(change_of(1, 10, "settings 1", "queue 1"), kStart);
    auto taken = journal.take(Kind::states, 100, kStart);
    journal.change(change_of(1, 20, {}, "queue 2"), kStart + seconds(1));
    journal.put_back(std::move(taken), Journal::Why::away, kStart + seconds(1));
    const auto states = drain(journal, Kind::states, kStart + seconds(1));
    ASSERT_EQ(states.size(), 1U);
    const auto& change = std::get<RoomChange>(states[0].what);
    EXPECT_EQ(change.position_samples, 20);
    EXPECT_EQ(change.settings_json, "settings 1");
    EXPECT_EQ(change.queue_json, "queue 2");
}

TEST(Journal, WhatComesBackIsTheFirstOfItsRoomAgain) {
    Journal journal;
    for (std::uint32_t i = 1; i <= 30; ++i) journal.add(1, event_of(1, i), kStart);
    auto taken = journal.take(Kind::happenings, 10, kStart);
    EXPECT_EQ(journal.entries(), 30U);
    journal.add(1, event_of(1, 31), kStart);
    journal.put_back(std::move(taken), Journal::Why::away, kStart);
    std::vector<std::uint32_t> wanted(31);
    std::iota(wanted.begin(), wanted.end(), 1U);
    EXPECT_EQ(numbers_of(drain(journal, Kind::happenings, kStart), 1), wanted);
    EXPECT_EQ(journal.dropped(), 0U);
}

TEST(Journal, ARoomWhoseStatementsFailWaitsLongerEachTimeAndHoldsNobodyUp) {
    Journal journal;
    journal.add(1, event_of(1, 1), kStart);
    JournalTime now = kStart;
    std::vector<milliseconds> pauses;
    for (int i = 0; i < 7; ++i) {
        auto taken = journal.take(Kind::happenings, 100, now);
        ASSERT_EQ(taken.size(), 1U);
        journal.put_back(std::move(taken), Journal::Why::failed, now);
        journal.add(2, event_of(2, 1), now);
        const auto others = drain(journal, Kind::happenings, now);
        EXPECT_EQ(others.size(), 1U);
        EXPECT_EQ(others[0].room_id, 2);
        pauses.push_back(std::chrono::duration_cast<milliseconds>(*journal.due() - now));
        now = *journal.due();
    }
    EXPECT_EQ(pauses,
              (std::vector<milliseconds>{milliseconds(500), seconds(1), seconds(2), seconds(4), seconds(8), seconds(8), seconds(8)}));
    EXPECT_EQ(drain(journal, Kind::happenings, now).size(), 1U);
}

TEST(Journal, RoomsTakeTurnsAndOneAloneFillsTheTransaction) {
    Journal journal(unhurried());
    for (std::uint32_t i = 1; i <= 500; ++i) journal.add(1, event_of(1, i), kStart);
    for (std::int64_t room = 2; room <= 3; ++room) journal.add(room, event_of(room, 1), kStart);
    auto taken = journal.take(Kind::happenings, 100, kStart);
    ASSERT_EQ(taken.size(), 100U);
    EXPECT_EQ(numbers_of(taken, 2).size(), 1U);
    EXPECT_EQ(numbers_of(taken, 3).size(), 1U);
    std::vector<std::uint32_t> wanted(98);
    std::iota(wanted.begin(), wanted.end(), 1U);
    EXPECT_EQ(numbers_of(taken, 1), wanted);
    // Each room's stand together: they are written, or come back, as one.
    EXPECT_TRUE(std::ranges::is_sorted(taken, {}, &JournalEntry::room_id));
    for (const JournalEntry& entry : taken) journal.settle(entry);
}

TEST(Journal, BeyondARoomsLimitsItsOldestGoes) {
    JournalLimits limits = unhurried();
    limits.room_entries = 5;
    Journal journal(limits);
    for (std::uint32_t i = 1; i <= 8; ++i) journal.add(1, event_of(1, i), kStart);
    EXPECT_EQ(journal.dropped(), 3U);
    EXPECT_EQ(numbers_of(drain(journal, Kind::happenings, kStart), 1), (std::vector<std::uint32_t>{4, 5, 6, 7, 8}));
}

TEST(Journal, InAllTheRoomWithTheMostBytesLosesFirst) {
    JournalLimits limits = unhurried();
    limits.bytes = std::size_t{1} << 20U;
    Journal journal(limits);
    for (std::uint32_t i = 1; i <= 40; ++i) journal.add(1, event_of(1, i), kStart);
    for (std::uint32_t i = 1; i <= 20'000; ++i) journal.add(2, event_of(2, i, "ok", 1'000), kStart);
    EXPECT_LE(journal.bytes(), limits.bytes);
    const auto left = drain(journal, Kind::happenings, kStart);
    EXPECT_EQ(numbers_of(left, 1).size(), 40U);
    EXPECT_EQ(numbers_of(left, 2).back(), 20'000U);
    EXPECT_EQ(numbers_of(left, 2).size() + journal.dropped(), 20'000U);
}

TEST(Journal, AStateIsNeverDropped) {
    JournalLimits limits = unhurried();
    limits.bytes = limits.room_bytes = 10'000;
    Journal journal(limits);
    for (std::int64_t room = 1; room <= 50; ++room) journal.change(change_of(room, room, {}, std::string(10'000, 'q')), kStart);
    for (std::uint32_t i = 1; i <= 1'000; ++i) journal.add(1, event_of(1, i), kStart);
    EXPECT_GT(journal.dropped(), 0U);
    EXPECT_EQ(drain(journal, Kind::states, kStart).size(), 50U);
}

TEST(Journal, ARoomMayWriteSoManyEventsASecondAndFewerRefusals) {
    Journal journal;
    for (std::uint32_t i = 0; i < 32'000; ++i) {
        const JournalTime now = kStart + milliseconds(i / 3);
        journal.add(1, event_of(1, i, "not-allowed"), now);
        if (i % 100 == 0) journal.add(2, event_of(2, i), now);
    }
    const auto written = drain(journal, Kind::happenings, kStart + seconds(20));
    EXPECT_NEAR(static_cast<double>(numbers_of(written, 1).size()), 50 + 5 * 10.7, 2);
    EXPECT_EQ(numbers_of(written, 2).size(), 320U);
    EXPECT_EQ(journal.skipped(), 32'320U - written.size());
}

TEST(Journal, ARemovedRoomTakesAlongAllExceptWhatAccountsKeep) {
    Journal journal;
    journal.change(change_of(1, 10), kStart);
    journal.add(1, event_of(1, 1), kStart);
    journal.add(1, Heard{{5}, {}}, kStart);
    journal.remove(1, kStart);
    journal.change(change_of(1, 20), kStart);
    journal.add(1, event_of(1, 2), kStart);
    auto states = journal.take(Kind::states, 100, kStart);
    ASSERT_EQ(states.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<Removal>(states[0].what));
    journal.change(change_of(1, 30), kStart);  // too late: its removal is on its way
    journal.put_back(std::move(states), Journal::Why::away, kStart);
    states = drain(journal, Kind::states, kStart);
    ASSERT_EQ(states.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<Removal>(states[0].what));
    const auto kept = drain(journal, Kind::happenings, kStart);
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<Heard>(kept[0].what));
    EXPECT_EQ(journal.entries(), 0U);
    EXPECT_EQ(journal.dropped(), 0U);
}

// Rooms, a database and a journal, at random: what is written is what happened, in order, and what is missing has been counted.
TEST(Journal, HoldsItsInvariantsUnderAnything) {
    for (unsigned seed = 1; seed <= 50; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        const auto chance = [&random](int one_in) { return random() % static_cast<unsigned>(one_in) == 0; };
        JournalLimits limits = unhurried();
        limits.room_entries = 60;
        limits.entries = 200;
        Journal journal(limits);
        JournalTime now = kStart;
        std::map<std::int64_t, std::uint32_t> happened;
        std::map<std::int64_t, std::int64_t> position;
        std::map<std::int64_t, std::uint32_t> last_written;
        std::map<std::int64_t, std::int64_t> stored;
        std::uint64_t added = 0;
        std::uint64_t written = 0;
        const auto write = [&](Kind kind, bool fails, Journal::Why why) {
            auto taken = journal.take(kind, 1 + random() % 100, now);
            if (fails) {
                journal.put_back(std::move(taken), why, now);
                return;
            }
            for (const JournalEntry& entry : taken) {
                journal.settle(entry);
                if (const auto* change = std::get_if<RoomChange>(&entry.what)) {
                    EXPECT_GE(change->position_samples, stored[entry.room_id]);
                    stored[entry.room_id] = change->position_samples;
                } else {
                    const std::uint32_t number = std::get<RoomEvent>(entry.what).epoch;
                    EXPECT_GT(number, last_written[entry.room_id]);
                    last_written[entry.room_id] = number;
                    ++written;
                }
            }
        };
        for (int step = 0; step < 3'000; ++step) {
            now += milliseconds(random() % 20);
            const std::int64_t room = 1 + static_cast<std::int64_t>(random() % 8);
            if (chance(3)) {
                journal.change(change_of(room, ++position[room]), now);
            } else {
                journal.add(room, event_of(room, ++happened[room], "ok", random() % 500), now);
                ++added;
            }
            if (chance(10))
                write(chance(2) ? Kind::states : Kind::happenings, chance(2), chance(2) ? Journal::Why::away : Journal::Why::failed);
            EXPECT_LE(journal.entries(), limits.entries + 8);
            EXPECT_EQ(journal.waiting().entries, journal.entries());
        }
        now += seconds(10);
        while (journal.due()) {
            write(Kind::states, false, {});
            write(Kind::happenings, false, {});
        }
        EXPECT_EQ(stored, position);
        EXPECT_EQ(written + journal.dropped(), added);
        EXPECT_EQ(last_written, happened);  // the newest is never what is dropped
        EXPECT_EQ(journal.entries(), 0U);
        EXPECT_EQ(journal.bytes(), 0U);
        EXPECT_EQ(journal.waiting().rooms, 0U);
    }
}

TEST(Journal, ARoomMayWriteSoManyEventsAtOnce) {
    Journal journal;
    for (std::uint32_t i = 0; i < 600; ++i) journal.add(1, event_of(1, i), kStart);
    EXPECT_EQ(drain(journal, Kind::happenings, kStart).size(), 500U);
    for (std::uint32_t i = 0; i < 600; ++i) journal.add(1, event_of(1, i), kStart + seconds(2));
    EXPECT_EQ(drain(journal, Kind::happenings, kStart + seconds(2)).size(), 100U);
    EXPECT_EQ(journal.skipped(), 600U);
}

}  // namespace
}  // namespace musicspace::db
