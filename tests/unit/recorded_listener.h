#pragma once
// A listener that keeps what it is sent, read from the bytes on the wire. Tests ask it afterwards whether sound was missing.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "relay/broadcast/sender.h"
#include "relay/room/timeline.h"
#include "tests/unit/simulated_time.h"

namespace musicspace::relay {

/// Everything that one listener has been sent, and when.
class RecordedListener {
public:
    struct State {
        ServerTime received;
        std::string status;
        std::uint32_t epoch = 0;
        Timeline timeline = Timeline::held_at({}, {});
        std::optional<MediaDuration> duration;
        std::optional<std::pair<std::uint32_t, ServerTime>> upcoming;  ///< its epoch, and when it begins
    };

    void receive(const std::vector<std::uint8_t>& bytes, ServerTime now);
    /// The first instant from `from` to `to` at which a running timeline has no packet of the epoch in force, or a track neither sounds nor
    /// gives way; empty when there is none.
    [[nodiscard]] std::string first_silence(ServerTime from, ServerTime to) const;
    [[nodiscard]] const State& state() const { return states_.back(); }
    [[nodiscard]] bool has_state() const { return !states_.empty(); }
    [[nodiscard]] std::size_t reactions() const { return reactions_; }
    [[nodiscard]] std::size_t pieces() const { return pieces_; }  ///< times that bytes came

private:
    struct Run {
        ServerTime received;
        ServerTime begins;
        ServerTime ends;
    };
    void take_audio(std::span<const std::uint8_t> payload, ServerTime now);
    void take_text(std::span<const std::uint8_t> payload, ServerTime now);
    [[nodiscard]] bool has_packet(std::uint32_t epoch, ServerTime at) const;
    [[nodiscard]] std::string silence_at(const State& state, ServerTime at) const;

    std::vector<std::uint8_t> begun_;
    std::vector<State> states_;
    std::multimap<std::uint32_t, Run> runs_;
    std::size_t reactions_ = 0;
    std::size_t pieces_ = 0;
};

/// Hands what is sent to any socket to `listener`, at once and whole. Both arguments have to outlive it.
[[nodiscard]] std::unique_ptr<SendCalls> make_recording_calls(RecordedListener& listener, const SimulatedTime& time);

}  // namespace musicspace::relay
