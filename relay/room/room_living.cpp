// The part of Room that knows how long it lives: whether it was ever used, whether somebody is in it, and what happens when nobody is.

#include <spdlog/spdlog.h>

#include "relay/close_code.h"
#include "relay/room/room.h"

namespace musicspace::relay {

void Room::note_use(ServerTime now) {
    if (std::exchange(life_.used, true)) return;
    save(state_, now);
}

// A program that only uses HTTP is never in the room: its commands are what keeps it.
void Room::note_activity(ServerTime now) {
    constexpr auto kSavedApart = std::chrono::minutes(1);
    if (!life_.empty_since) return;
    life_.empty_since = now;
    if (now >= life_saved_at_ + kSavedApart) save(state_, now);
}

void Room::note_empty(bool empty, ServerTime now) {
    if (life_.empty_since.has_value() == empty) return;
    life_.empty_since = empty ? std::optional(now) : std::nullopt;
    save(state_, now);
}

// Nothing is pulled, encoded or kept in memory for nobody.
void Room::suspend_if_alone(ServerTime now) {
    if (!life_.empty_since || now < *life_.empty_since + services_.life.suspend_after) return;
    if (!observe_now(NobodyListens{}, now)) return;
    spdlog::info("room {}: nobody listens, the music waits", code());
    next_ = Opening{};
    state_message_ = nullptr;
    queue_message_ = nullptr;
    queue_items_ = {};
}

// A link that somebody asks for is theirs. Work that goes on by itself, such as opening the next track, is that of the listener who has
// been here longest: nobody else who comes in can have it wait.
const std::string& Room::payer() const { return asking_ || listeners_.empty() ? asker_ : listeners_.front()->address; }

void Room::forget_account(std::int64_t account) {
    if (state_.kept_by != account) return;
    state_.kept_by = life_.kept_by = 0;
    tick_soon();
}

void Room::close(const std::string& reason) {
    if (closed_for_) return;
    closed_for_ = reason;
    tick_soon();
}

void Room::carry_out(const CloseRoom& /*effect*/, ServerTime /*now*/) { close("The host has closed this room."); }

void Room::expel_address(const std::string& address) {
    for (Listener* listener : listeners_) {
        if (listener->address == address) listener->end(close_code::kExpelled, "Your address is banned from this server.");
    }
}

}  // namespace musicspace::relay
