#include "relay/room/room.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>

#include "relay/room/state_json.h"

namespace musicspace::relay {

Room::Room(db::RoomRow row, RoomServices services, ServerTime now)
    : row_(std::move(row)), services_(services), empty_since_(now), link_rate_(services.limits.links_per_minute) {
    state_.code = row_.code;
    state_.epoch = row_.epoch;
}

Room::~Room() = default;

void Room::handle(CommandRequest request, ServerTime now, Reply reply) {
    ++services_.metrics.commands;
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
    for (const Effect& effect : applied.effects) {
        std::visit([this, now](const auto& it) { carry_out(it, now); }, effect);
    }
    start_when_ready(now);
    follow_timeline();
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
void Room::follow_timeline() {
    if (state_.status != Status::playing) {
        broadcaster_.stop();
    } else if (broadcast_timeline_ != state_.timeline) {
        broadcaster_.start(state_.epoch, state_.timeline.anchor_position(),
                           [timeline = state_.timeline](MediaTime position) { return timeline.due_at(position); });
        for (Listener* listener : listeners_) listener->tier.reset();
    }
    broadcast_timeline_ = state_.timeline;
    for (Listener* listener : listeners_) listener->outbox->drop_before(state_.epoch);
}

void Room::announce(ServerTime now) {
    const auto text = std::make_shared<const std::string>(state_json(state_, now));
    for (Listener* listener : listeners_) listener->outbox->push_state(text);
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
    const auto text = std::make_shared<const std::string>(sync_json(reports));
    for (Listener* listener : listeners_) listener->outbox->push_sync(text);
}

void Room::journal(const CommandRequest& request, const std::optional<Problem>& problem) {
    services_.store.record_event({id(), request.member, std::string(op_of(request.command)), arguments_json(request.command),
                                  problem ? problem->code : "ok", state_.epoch});
}

void Room::join(Listener& listener, ServerTime now) {
    listeners_.push_back(&listener);
    ++services_.metrics.listeners;
    empty_since_.reset();
    observe_now(MemberArrived{listener.member, listener.name}, now);
    follow_wishes();
    send_burst(listener, now);
}

void Room::leave(Listener& listener, ServerTime now) {
    std::erase(listeners_, &listener);
    --services_.metrics.listeners;
    services_.metrics.frames_dropped += listener.outbox->dropped_frames();
    if (listeners_.empty()) empty_since_ = now;
    follow_wishes();
    observe_now(MemberDeparted{listener.member}, now);
    if (state_.find(listener.member) == nullptr) services_.store.record_departure(listener.member);
}

void Room::remove() {
    const auto listeners = listeners_;
    for (Listener* listener : listeners) listener->room_removed();
    settle_pending(Problem{404, "room-gone", "This room is gone", "This room was closed because everybody had left."});
    send_due_replies();
    services_.store.remove_room(id());
}

void Room::tick(ServerTime now) {
    if (state_.upcoming && now >= state_.upcoming->timeline.anchor_time()) observe_now(SeamReached{}, now);
    announce_sync(now);
    watch_stream(now);
    watch_next(now);
    if (stream_) send_due(broadcaster_, *stream_, now);
    if (state_.upcoming && next_.stream) send_due(next_broadcaster_, *next_.stream, now);
}

}  // namespace musicspace::relay
