// The part of Room that deals with people: who has to go, who is host, and what they say.

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "relay/close_code.h"
#include "relay/room/people_rules.h"
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
    if (std::holds_alternative<SetRole>(request.command)) request.absent_dj = absent_dj();
    const auto target = target_of(request.command);
    if (!target || request.target.looked_up) return;
    if (const auto* guest = admitted_.find(*target)) request.target = {false, true, guest->name, guest->address};
    const Member* member = roster_.find(*target);
    if (member == nullptr) return;
    request.target.present = request.target.member = true;
    request.target.label = member->label();
    for (const Listener* listener : listeners_) {
        if (listener->member == *target) request.target.address = listener->address;
    }
}

// The one who joined first, of the DJs that are not here.
std::optional<MemberId> Room::absent_dj() const {
    for (const auto& [member, role] : state_.settings.roles) {
        if (role == Role::dj && roster_.find(member) == nullptr) return member;
    }
    return std::nullopt;
}

// True when the command goes on later, if at all: a password has to become a hash, or somebody has to be known whom the room has not
// heard from for long, or not since the server was started.
bool Room::ask_first(CommandRequest& request, ServerTime now, Reply& reply) {
    const auto* password = std::get_if<SetPassword>(&request.command);
    if (password != nullptr && !password->password.empty() && request.password_hash.empty()) {
        if (password_rate_.take(request.member, now)) {
            hash_password(std::move(request), std::move(reply));
        } else {
            refuse(request, {Refusal::too_fast, "You change the password too often. Wait a minute, then try it again."}, reply);
        }
        return true;
    }
    const auto target = target_of(request.command);
    if (!target || *target <= 0 || request.target.member || request.target.looked_up) return false;
    look_up_target(std::move(request), std::move(reply));
    return true;
}

void Room::look_up_target(CommandRequest request, Reply reply) {
    const MemberId target = target_of(request.command).value_or(0);
    services_.store.find_member(id(), target,
                                [weak = weak_from_this(), request = std::move(request),
                                 reply = std::move(reply)](std::variant<std::string, db::StoreError> answer) mutable {
                                    const auto room = weak.lock();
                                    const auto* name = std::get_if<std::string>(&answer);
                                    if (!room || name == nullptr) {
                                        reply(database_away());
                                        return;
                                    }
                                    request.target = {false, !name->empty(), *name, {}, true};
                                    room->handle(std::move(request), room->services_.clock(), std::move(reply));
                                });
}

void Room::end_sessions(const Revocations& revocations) {
    for (Listener* listener : listeners_) {
        if (revocations.ended(listener->signed_in)) listener->end(close_code::kBadToken, "You have signed out. Join again.");
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
        const bool shares_address = !effect.address.empty() && listener->address == effect.address;
        if (listener->member != effect.member && !shares_address) continue;
        const Standing standing = state_.standing_of(listener->member, listener->address);
        if (standing != Standing::welcome) listener->end(close_code::kExpelled, reason_of(standing));
    }
}

void Room::carry_out(const TellChat& effect, ServerTime now) {
    note_use(now);
    db::ChatLine line{effect.member, effect.label, effect.text, time_of_day_ms()};
    say_to_all(make_text(chat_json(line)));
    services_.store.record_chat(id(), line);
    chat_.push_back(std::move(line));
    if (chat_.size() > db::kChatKept) chat_.pop_front();
    untold_lines_ = std::min(untold_lines_ + 1, chat_.size());
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
    untold_lines_ = 0;
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
