#pragma once
// A room's state, its clock, and what it has been told to do: apply() and observe() as sentences.

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "relay/room/apply.h"

namespace musicspace::relay {

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
        track.link.append("https://example.org/a");
        track.title.append("A");
        track.duration = MediaDuration{60 * kSampleRate};
        see(TrackOpened{state.pending->item.id, track});
        see(StreamReady{state.epoch});
        ASSERT_EQ(state.status, Status::playing);
    }
};

}  // namespace musicspace::relay
