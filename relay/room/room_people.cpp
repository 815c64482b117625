// The part of Room that deals with people: who has to go, who is host, and what they say.

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "relay/close_code.h"
#include "relay/room/rate_class.h"
#include "relay/room/room.h"
#include "relay/room/state_json.h"

namespace musicspace::relay {

namespace {

std::int64_t time_of_day_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

// What the rules want to know of those who are here.
void Room::know_more(CommandRequest& request) const {
    if (const Member* member = roster_.find(request.member)) request.label = member->label();
    request.listeners = roster_.size();
    if (std::holds_alternative<Keep>(request.command)) request.may_keep = services_.may_keep && services_.may_keep(request.account);
    if (std::holds_alternative<ShuffleQueue>(request.command)) request.seed = std::random_device()();
    const auto target = target_of(request.command);
    const Member* member = target ? roster_.find(*target) : nullptr;
    if (member == nullptr) return;
    request.target = {true, member->label(), {}};
    for (const Listener* listener : listeners_) {
        if (listener->member == *target) request.target.address = listener->address;
        if (listener->member == request.member) request.address = listener->address;
    }
}

// The command goes on when its password has become a hash.
void Room::hash_password(CommandRequest request, Reply reply) {
    const std::string password = std::get<SetPassword>(request.command).password;
    const std::string address = request.address;
    services_.passwords.hash(
        address, password,
        [weak = weak_from_this(), request = std::move(request), reply = std::move(reply)](const std::optional<std::string>& hash) mutable {
            const auto room = weak.lock();
            if (!room || !hash) {
                reply(hashing_busy());
                return;
            }
            request.password_hash = *hash;
            room->handle(std::move(request), room->services_.clock(), std::move(reply));
        });
}

// Why the one who asks has to wait, if so: for the address and the room by what the command costs, for the member by what it does.
std::optional<Problem> Room::refuse_haste(const CommandRequest& request, ServerTime now) {
    if (!request.password_hash.empty()) return std::nullopt;  // counted before it was hashed
    const RateClass rate_class = rate_class_of(request.command);
    const std::uint64_t cost = cost_of(rate_class, text_bytes(state_.queue));
    constexpr auto kNow = AddressBudgets::Wait::zero();
    auto wait = services_.budgets.take_command(request.address, cost, now);
    if (wait == kNow && !request.address.empty()) wait = command_rate_.spend(0, cost, now);
    if (wait != kNow) {
        return Problem{429, "too-fast", "Too fast", "Much is asked of this room at once. Wait a moment, then try again.",
                       whole_seconds(wait)};
    }
    if (rate_class == RateClass::link) {
        wait = link_rate_.spend(request.member, 1, now);
        if (wait == kNow) wait = services_.budgets.take_link(request.address, now);
        if (wait != kNow) {
            return Problem{429, "too-many-links", "Too many links at once",
                           "Many links were opened within the last minute. Wait a little, then paste it again.", whole_seconds(wait)};
        }
    }
    if (rate_class == RateClass::talk) {
        wait = (std::holds_alternative<Say>(request.command) ? chat_rate_ : reaction_rate_).spend(request.member, 1, now);
        if (wait != kNow) {
            return Problem{429, "too-fast", "Too fast", "You write faster than others can read. Wait a few seconds, then send it again.",
                           whole_seconds(wait)};
        }
    }
    return std::nullopt;
}

void Room::carry_out(const Expel& effect, ServerTime /*now*/) {
    spdlog::info("room {}: member {} is {}", code(), effect.member, effect.banned ? "banned" : "removed");
    // Ending a connection makes it leave, later.
    for (Listener* listener : listeners_) {
        if (listener->member == effect.member)
            listener->end(close_code::kExpelled,
                          effect.banned ? "The host has banned you from this room." : "The host has removed you from this room.");
    }
}

void Room::carry_out(const TellChat& effect, ServerTime now) {
    note_use(now);
    db::ChatLine line{effect.member, effect.label, effect.text, time_of_day_ms()};
    say_to_all(make_text(chat_json(line)));
    services_.store.record_chat(id(), line);
    chat_.push_back(std::move(line));
    if (chat_.size() > db::kChatKept) chat_.pop_front();
}

void Room::carry_out(const TellReaction& effect, ServerTime /*now*/) {
    say_to_all(make_text(reaction_json(effect.member, effect.label, effect.reaction)));
}

void Room::say_to_all(const WirePtr& message) {
    if (!talk_.add(*message)) ++services_.metrics.talk_dropped;
    tick_soon();
}

// A listener that is too slow to take it misses what is oldest.
void Room::send_talk(ServerTime now) {
    const auto due = talk_.due();
    if (!due || now < *due) return;
    const WirePtr batch = talk_.take(now, listeners_.size());
    for (Listener* listener : listeners_) services_.metrics.talk_dropped += listener->outbox->push_talk(batch);
}

// A host who stays away while others are here is succeeded: by the DJ, else the listener, who has been here longest.
void Room::watch_host(ServerTime now) {
    constexpr auto kPatience = std::chrono::seconds(60);
    const auto host = state_.host();
    if (!host || roster_.size() == 0 || roster_.find(*host) != nullptr) {
        host_away_since_.reset();
        return;
    }
    if (!host_away_since_) host_away_since_ = now;
    if (now - *host_away_since_ < kPatience) return;
    host_away_since_.reset();
    const auto present = roster_.first(roster_.size());
    const auto dj = std::ranges::find_if(present, [this](const Member* each) { return state_.role_of(each->id) == Role::dj; });
    const Member& successor = dj == present.end() ? *present.front() : **dj;
    spdlog::info("room {}: the host is away, member {} takes over", code(), successor.id);
    observe_now(HostAway{successor.id, successor.label()}, now);
}

}  // namespace musicspace::relay
