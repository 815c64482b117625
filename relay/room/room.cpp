#include "relay/room/room.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>

#include "relay/close_code.h"
#include "relay/room/state_json.h"

namespace musicspace::relay {

namespace {

// One of twenty, such that few listeners have different ones too.
std::chrono::milliseconds phase_of(unsigned number) {
    constexpr unsigned kPhases = 20;
    constexpr unsigned kStride = 7;
    constexpr std::chrono::milliseconds kStep{50};
    return kStep * (number * kStride % kPhases);
}

}  // namespace

Room::Room(db::RoomRow row, RoomServices services, ServerTime now)
    : row_(std::move(row)), services_(services), empty_since_(now), link_rate_(services.limits.links_per_minute, std::chrono::minutes(1)) {
    state_.code = row_.code;
    state_.epoch = row_.epoch;
}

Room::~Room() = default;

void Room::handle(CommandRequest request, ServerTime now, Reply reply) {
    ++services_.metrics.commands;
    if (const Member* member = roster_.find(request.member)) request.label = member->label();
    Outcome outcome = apply(state_, request, now);
    const bool opens_link = std::holds_alternative<PlayLink>(request.command) || std::holds_alternative<AddToQueue>(request.command);
    if (opens_link && std::holds_alternative<Applied>(outcome) && !link_rate_.take(request.member, now)) {
        outcome =
            Rejection{Refusal::too_many_links, "You have opened many links within the last minute. Wait a little, then paste it again."};
    }
    const auto* rejection = std::get_if<Rejection>(&outcome);
    const std::optional<Problem> problem = rejection != nullptr ? std::optional(problem_of(*rejection)) : std::nullopt;
    if (problem) {
        ++services_.metrics.commands_refused;
        spdlog::info("room {}: {} refused: {}", code(), op_of(request.command), problem->code);
        journal(request, problem);
        reply(problem);
        return;
    }
    if (std::holds_alternative<PlayLink>(request.command)) {
        // Answered and journalled when the link has turned out to play, or not.
        next_reply_ = [this, request, reply = std::move(reply)](const std::optional<Problem>& result) {
            journal(request, result);
            reply(result);
        };
        take(std::get<Applied>(outcome), now);
        return;
    }
    take(std::get<Applied>(outcome), now);
    journal(request, problem);
    reply(problem);
}

bool Room::observe_now(const Observation& observation, ServerTime now) {
    Outcome outcome = observe(state_, observation, now);
    if (std::holds_alternative<Rejection>(outcome)) return false;
    take(std::get<Applied>(std::move(outcome)), now);
    return true;
}

void Room::take(Applied applied, ServerTime now) {
    state_ = std::move(applied.state);
    state_message_ = nullptr;
    for (const Effect& effect : applied.effects) {
        std::visit([this, now](const auto& it) { carry_out(it, now); }, effect);
    }
    start_when_ready(now);
    follow_timeline(now);
    follow_upcoming();
    announce(now);
    services_.store.record_change({id(), state_.epoch, std::string(name_of(state_.status)),
                                   state_.now_playing ? state_.now_playing->track.link : std::string(),
                                   samples(state_.timeline.position_at(now))});
    send_due_replies();
}

void Room::send_due_replies() {
    for (const auto& reply : std::exchange(due_replies_, {})) reply();
}

// Frames are made for the timeline everybody was told; a new one starts them anew.
void Room::follow_timeline(ServerTime now) {
    if (state_.status != Status::playing) {
        broadcaster_.stop();
    } else if (broadcast_timeline_ != state_.timeline) {
        broadcaster_.start(state_.epoch, state_.timeline.anchor_position(),
                           [timeline = state_.timeline](MediaTime position) { return timeline.due_at(position); });
        for (Listener* listener : listeners_) restart(*listener, now);
    }
    broadcast_timeline_ = state_.timeline;
    for (Listener* listener : listeners_) listener->outbox->drop_before(state_.epoch);
}

void Room::announce(ServerTime now) {
    if (roster_changed_) state_message_ = nullptr;
    const auto message = state_message(now);
    for (Listener* listener : listeners_) listener->outbox->push_state(message);
    roster_changed_ = listed_changed_ = false;
}

// Whoever comes to a large room while many do gets what is a moment old; the count is told anyway.
WirePtr Room::state_message(ServerTime now) {
    constexpr auto kOldest = std::chrono::seconds(1);
    const bool current = state_message_ && (!roster_changed_ || (roster_.size() > kListedMembers && now < state_message_at_ + kOldest));
    if (!current) {
        state_message_ = make_text(state_json(state_, roster_, now));
        state_message_at_ = now;
    }
    return state_message_;
}

void Room::announce_roster(ServerTime now) {
    constexpr auto kPause = std::chrono::seconds(2);
    if (!roster_changed_) return;
    if (roster_.size() <= kListedMembers) {
        announce(now);
        return;
    }
    // The larger the room, the less one more matters.
    if (now < roster_due_) return;
    roster_due_ = now + kPause * static_cast<int>(1 + listeners_.size() / 1000);
    if (listed_changed_) {
        announce(now);
        return;
    }
    roster_changed_ = false;
    const auto message = make_text(count_json(roster_.size()));
    for (Listener* listener : listeners_) listener->outbox->push_count(message);
}

void Room::take_report(Listener& listener, const SyncReport& report, ServerTime now) {
    constexpr auto kPause = std::chrono::milliseconds(500);
    if (listener.sync && now < listener.sync_at + kPause) return;  // who talks more counts no more
    listener.sync = report;
    listener.sync_at = now;
    sync_changed_ = true;
    services_.metrics.sync_error_ms.observe(std::abs(report.error_ms));
    services_.metrics.rtt_ms.observe(report.rtt_ms);
    services_.metrics.buffer_ms.observe(report.buffer_ms);
}

void Room::announce_sync(ServerTime now) {
    constexpr auto kPause = std::chrono::seconds(5);
    constexpr std::size_t kMostListeners = 50;  // nobody looks at more dots, and the message grows with the room
    if (!sync_changed_ || now < sync_due_) return;
    sync_changed_ = false;
    sync_due_ = now + kPause;
    if (listeners_.size() > kMostListeners) return;
    std::vector<std::pair<MemberId, SyncReport>> reports;
    for (const Listener* listener : listeners_) {
        if (listener->sync) reports.emplace_back(listener->member, *listener->sync);
    }
    const auto message = make_text(sync_json(reports));
    for (Listener* listener : listeners_) listener->outbox->push_sync(message);
}

void Room::journal(const CommandRequest& request, const std::optional<Problem>& problem) {
    services_.store.record_event({id(), request.member, std::string(op_of(request.command)), arguments_json(request.command),
                                  problem ? problem->code : "ok", state_.epoch});
}

void Room::join(Listener& listener, ServerTime now) {
    listeners_.push_back(&listener);
    ++services_.metrics.listeners;
    empty_since_.reset();
    if (roster_.arrive(listener.member, listener.name)) {
        roster_changed_ = true;
        listed_changed_ |= roster_.size() <= kListedMembers;
    }
    listener.outbox->push_state(state_message(now));
    listener.phase = phase_of(phases_given_++);
    follow_wish(listener, now);
    restart(listener, now);
    serve(listener, now);
}

void Room::leave(Listener& listener, ServerTime now) {
    std::erase(listeners_, &listener);
    listener.unschedule();
    --services_.metrics.listeners;
    if (listeners_.empty()) empty_since_ = now;
    count_wish(listener, Listener::kUncounted, now);
    const auto listed = roster_.first(kListedMembers);
    const bool was_listed = std::ranges::any_of(listed, [&](const Member* each) { return each->id == listener.member; });
    if (!roster_.depart(listener.member)) return;
    roster_changed_ = true;
    listed_changed_ |= was_listed;
    services_.store.record_departure(listener.member);
}

void Room::remove() {
    const auto listeners = listeners_;
    for (Listener* listener : listeners) listener->end(close_code::kNoSuchRoom, "This room was closed.");
    settle_pending(Problem{404, "room-gone", "This room is gone", "This room was closed because everybody had left."});
    send_due_replies();
    services_.store.remove_room(id());
}

void Room::tick(ServerTime now) {
    if (state_.upcoming && now >= state_.upcoming->timeline.anchor_time()) observe_now(SeamReached{}, now);
    announce_roster(now);
    announce_sync(now);
    watch_stream(now);
    watch_next(now);
    serve_due(now);
    look_for_dead(now);
}

}  // namespace musicspace::relay
