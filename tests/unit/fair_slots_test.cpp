#include "relay/fair_slots.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace musicspace::relay {
namespace {

using namespace std::chrono_literals;

constexpr ServerTime kStart = server_time(1'000'000);

FairSlots::Waiting nobody() {
    return {[] {}, [] {}};
}

TEST(FairSlots, OneKeyLeavesAsManyAsItHolds) {
    const auto slots = FairSlots::make({8, 0, 0});
    std::vector<FairSlots::Slot> held;
    const auto take_all = [&](const std::string& key) {
        int taken = 0;
        while (auto slot = slots->try_take(key)) {
            held.push_back(*std::move(slot));
            ++taken;
        }
        return taken;
    };
    EXPECT_EQ(take_all("ada"), 4);
    EXPECT_EQ(take_all("ben"), 2);
    EXPECT_EQ(take_all("cleo"), 1);
    EXPECT_EQ(take_all("dan"), 1);
    EXPECT_EQ(take_all("eve"), 0);
    held.clear();
    EXPECT_EQ(slots->held(), 0U);
    EXPECT_EQ(take_all(""), 8);
}

TEST(FairSlots, ThoseWhoWaitAreServedInTurn) {
    const auto slots = FairSlots::make({1, 100, 10});
    std::string served;
    std::vector<FairSlots::Slot> line;
    auto first = slots->try_take("ada");
    for (const char* key : {"ada", "ada", "ada", "ben", "cleo", "ben"}) {
        auto asked = slots->ask(key, kStart + 1h, {[&served, key] { served += key[0]; }, [] {}});
        ASSERT_TRUE(asked && asked->waits);
        line.push_back(std::move(asked->slot));
    }
    first->give_back();
    for (std::size_t done = 0; done < 6; ++done) {
        ASSERT_EQ(served.size(), done + 1);
        // The slot of the one that was served last, which is the first of that key still in the line.
        const std::map<char, std::vector<std::size_t>> places{{'a', {0, 1, 2}}, {'b', {3, 5}}, {'c', {4}}};
        const auto nth = static_cast<std::size_t>(std::ranges::count(served, served.back()) - 1);
        line[places.at(served.back())[nth]].give_back();
    }
    EXPECT_EQ(served, "abcaba");
}

TEST(FairSlots, TheLineIsBoundedInAllAndForEachKey) {
    const auto slots = FairSlots::make({1, 3, 2});
    const auto held = slots->try_take("ada");
    std::vector<FairSlots::Slot> line;
    const auto waits = [&](const std::string& key) {
        auto asked = slots->ask(key, kStart + 1s, nobody());
        if (asked) line.push_back(std::move(asked->slot));
        return asked.has_value();
    };
    EXPECT_TRUE(waits("ada") && waits("ada"));
    EXPECT_FALSE(waits("ada"));
    EXPECT_TRUE(waits("ben"));
    EXPECT_FALSE(waits("cleo"));
    line.pop_back();  // who no longer wants it leaves the line
    EXPECT_TRUE(waits("cleo"));
}

TEST(FairSlots, WaitingEndsInTime) {
    const auto slots = FairSlots::make({1, 10, 10});
    auto held = slots->try_take("ada");
    int given_up = 0;
    int started = 0;
    const FairSlots::Waiting counted{[&] { ++started; }, [&] { ++given_up; }};
    auto soon = slots->ask("ben", kStart + 2s, counted);
    auto later = slots->ask("ben", kStart + 5s, counted);
    EXPECT_EQ(slots->expire(kStart), kStart + 2s);
    EXPECT_EQ(slots->expire(kStart + 2s), kStart + 5s);
    EXPECT_EQ(given_up, 1);
    held->give_back();
    EXPECT_EQ(started, 1);
    EXPECT_EQ(slots->expire(kStart + 9s), ServerTime::max());
    EXPECT_EQ(given_up, 1);
}

TEST(FairSlots, ASlotMayOutliveThem) {
    auto slots = FairSlots::make({1, 0, 0});
    auto slot = slots->try_take("ada");
    slots.reset();
    slot->give_back();
}

// One address asks all the time for work that takes half a minute; others come now and then for a second's work.
TEST(FairSlots, HangingWorkOfOneKeyHardlyDelaysOthers) {
    const unsigned seed = std::random_device()();
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto slots = FairSlots::make({8, 64, 8});
    struct Job {
        bool hangs = false;
        bool running = false;
        ServerTime asked;
        ServerTime ends;
        FairSlots::Slot slot;
    };
    std::list<std::unique_ptr<Job>> jobs;
    ServerTime now = kStart;
    std::int64_t longest_ms = 0;
    int served = 0;
    int refused = 0;
    const auto begin = [&](Job& job) {
        job.running = true;
        job.ends = now + (job.hangs ? 30s : std::chrono::milliseconds(700 + random() % 600));
        if (job.hangs) return;
        ++served;
        longest_ms = std::max<std::int64_t>(longest_ms, std::chrono::duration_cast<std::chrono::milliseconds>(now - job.asked).count());
    };
    const auto ask = [&](const std::string& key, bool hangs) {
        auto job = std::make_unique<Job>();
        job->hangs = hangs;
        job->asked = now;
        auto asked = slots->ask(key, now + 5s,
                                {[&begin, it = job.get()] { begin(*it); },
                                 [it = job.get()] {
                                     it->ends = ServerTime{};
                                     it->running = true;
                                 }});
        if (!asked) {
            if (!hangs) ++refused;
            return;
        }
        job->slot = std::move(asked->slot);
        if (!asked->waits) begin(*job);
        jobs.push_back(std::move(job));
    };
    for (; now < kStart + 600s; now += 50ms) {
        slots->expire(now);
        for (auto job = jobs.begin(); job != jobs.end();) {
            const bool over = (*job)->running && (*job)->ends <= now;
            const auto ended = over ? std::move(*job) : nullptr;  // ends where nothing looks at the list
            job = over ? jobs.erase(job) : std::next(job);
        }
        ask("mallory", true);
        // Somebody every second or so, of five homes.
        if (random() % 20 == 0) ask("home" + std::to_string(random() % 5), false);
        ASSERT_LE(slots->held(), 8U);
    }
    EXPECT_GT(served, 400);
    EXPECT_EQ(refused, 0);
    EXPECT_LT(longest_ms, 1'500);
}

}  // namespace
}  // namespace musicspace::relay
