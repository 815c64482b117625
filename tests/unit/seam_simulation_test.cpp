// Every command at every moment before a track's end: sound goes on for who listens, whatever becomes of the track that is announced.

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <vector>

#include "tests/unit/simulated_room.h"

namespace musicspace::relay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kTrials = 2'000;

class Trial {
public:
    explicit Trial(std::uint64_t seed) : random_(seed) {}

    std::string run() {
        const long length = 40 + pick(5);
        (void)room_.command(PlayLink{link(length, 50)});
        room_.run_for(milliseconds(800));
        const auto queued = pick(4);
        for (int i = 0; i < queued; ++i) add();
        if (pick(4) == 0) (void)room_.command(SetRepeat{static_cast<Repeat>(pick(3))});
        if (pick(4) == 0) (void)room_.command(SetRights{kVote});
        if (pick(6) == 0) (void)room_.command(SetSpeed{50 + 5 * pick(31)});
        (void)room_.command(Seek{MediaTime{MediaDuration{(length - 17) * kSampleRate}}});
        room_.run_for(milliseconds(1'500));
        const ServerTime from = room_.now();
        room_.run_for(milliseconds(pick(15'500)));
        const auto commands = 1 + pick(3);
        for (int i = 0; i < commands; ++i) {
            give_any();
            room_.run_for(milliseconds(pick(2) == 0 ? 0 : pick(2'500)));
        }
        room_.run_for(seconds(12));
        const std::string silence = room_.heard().first_silence(from, room_.now());
        return silence.empty() ? silence : silence + "; given: " + given_;
    }

private:
    int pick(int below) { return static_cast<int>(random_() % static_cast<std::uint64_t>(below)); }
    std::string link(long length, int delay_ms) {
        return "https://example.org/" + std::to_string(length) + "/" + std::to_string(delay_ms) + "/" + std::to_string(++links_);
    }
    std::string any_link() { return link(pick(8) == 0 ? 0 : 8 + pick(20), 20 + pick(pick(3) == 0 ? 2'000 : 400)); }
    void add() { (void)room_.command(AddToQueue{any_link(), pick(2) == 0}); }
    ItemId any_item() {
        const auto& queue = room_.state().queue;
        return queue.empty() ? 99 : queue.at(static_cast<std::size_t>(pick(static_cast<int>(queue.size())))).id;
    }
    std::optional<ItemId> any_place() { return pick(2) == 0 ? std::optional<ItemId>() : any_item(); }

    void give_any() {
        const MediaTime anywhere{MediaDuration{pick(50) * kSampleRate}};
        const std::vector<Command> commands{PlayLink{any_link()},
                                            Pause{},
                                            Resume{},
                                            Seek{anywhere},
                                            Stop{},
                                            SetSpeed{50 + 5 * pick(31)},
                                            SetVolume{pick(101)},
                                            AddToQueue{any_link(), pick(2) == 0},
                                            AddManyToQueue{{{any_link()}, {any_link()}}, any_place()},
                                            RemoveFromQueue{any_item()},
                                            MoveInQueue{any_item(), any_place()},
                                            PlayItem{any_item()},
                                            ClearQueue{},
                                            ShuffleQueue{},
                                            SetRepeat{static_cast<Repeat>(pick(3))},
                                            Skip{},
                                            Previous{pick(2) == 0},
                                            Vote{any_item(), pick(2) == 0},
                                            VoteSkip{pick(2) == 0},
                                            SetRole{2, Role::dj},
                                            SetRights{pick(2) == 0 ? kVote : kEveryone},
                                            Kick{2},
                                            Ban{2},
                                            Unban{2},
                                            SetPassword{},
                                            SetLock{pick(2) == 0},
                                            SetName{"Room"},
                                            SetSleep{std::chrono::minutes(pick(2))},
                                            Say{"Hello"},
                                            React{"🔥"},
                                            SetNormalizing{pick(2) == 0},
                                            SetMetronome{pick(2) == 0}};
        const Command& command = commands.at(static_cast<std::size_t>(pick(static_cast<int>(commands.size()))));
        given_ += std::string(op_of(command)) + " at " + std::to_string(micros(room_.now()) / 1000 % 1'000'000) + " ";
        (void)room_.command(command);
    }

    std::mt19937_64 random_;
    SimulatedRoom room_;
    std::string given_;
    int links_ = 0;
};

TEST(SeamSimulation, WhateverIsPressedBeforeATracksEndNobodyFallsSilent) {
    const char* wish = std::getenv("MUSICSPACE_SEED");  // NOLINT(concurrency-mt-unsafe)
    const std::uint64_t first = wish != nullptr ? std::strtoull(wish, nullptr, 10) : 20'261'127;
    const int trials = wish != nullptr ? 1 : kTrials;
    int silent = 0;
    for (int trial = 0; trial < trials && silent < 5; ++trial) {
        const std::uint64_t seed = first + static_cast<std::uint64_t>(trial);
        const std::string silence = Trial(seed).run();
        if (!silence.empty()) ++silent;
        EXPECT_EQ(silence, "") << "MUSICSPACE_SEED=" << seed;
    }
}

TEST(SeamSimulation, RemovingWhatIsNextLeavesTheTrackThatPlaysAlone) {
    SimulatedRoom room;
    (void)room.command(PlayLink{"https://example.org/30/50/a"});
    (void)room.command(AddToQueue{"https://example.org/10/50/b"});
    room.run_for(seconds(22));
    const ServerTime from = room.now() - seconds(10);
    ASSERT_TRUE(room.state().upcoming);
    const std::uint32_t epoch = room.state().epoch;
    (void)room.command(RemoveFromQueue{room.state().queue.front().id});
    EXPECT_FALSE(room.state().upcoming);
    EXPECT_EQ(room.state().epoch, epoch);
    room.run_for(seconds(10));
    EXPECT_EQ(room.heard().first_silence(from, room.now()), "");
    EXPECT_EQ(room.state().status, Status::idle);
}

}  // namespace
}  // namespace musicspace::relay
