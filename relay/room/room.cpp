#include "relay/room/room.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>

#include "relay/base/text.h"
#include "relay/close_code.h"
#include "relay/room/people_rules.h"
#include "relay/room/rate_class.h"
#include "relay/room/saved_room.h"
#include "relay/room/state_json.h"

namespace musicspace::relay {

namespace {

constexpr unsigned kMostSaid = 8;
constexpr std::chrono::seconds kSaidWithin{10};
// Ten thousand listeners may vote at once; a thousand units a second are some hundredth of the I/O thread.
constexpr std::uint64_t kCommandUnits = 10'000;
constexpr std::chrono::seconds kCommandWindow{10};
constexpr std::chrono::seconds kAfterFailure{1};  // until what has failed is tried again
constexpr unsigned kPasswordsPerMinute = 5;       // hashing one takes a tenth of a second and 64 MB

// Who is sent to together: few enough that nothing else has to wait, and no more groups than that takes.
constexpr unsigned kTogether = 50;
constexpr unsigned kPhases = 20;

unsigned group_of(unsigned number) {
    constexpr unsigned kApart = 7;
    return number / kTogether * kApart;
}
std::chrono::milliseconds phase_of(unsigned group) {
    constexpr std::chrono::milliseconds kStep{50};
    return kStep * (group % kPhases);
}

/// True while a command is carried out.
class Asking {
public:
    Asking(bool& asking, bool value) : asking_(asking) { asking_ = value; }
    ~Asking() { asking_ = false; }
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;

private:
    bool& asking_;
};

}  // namespace

Settings founding_settings(const Founding& founding) {
    Settings settings;
    settings.roles[founding.host] = Role::host;
    settings.password_hash = founding.password_hash;
    return settings;
}

Room::Room(const db::RoomRow& row, const std::optional<Founding>& founding, const RoomServices& services, ServerTime now,
           std::string created_from, const RoomLife& life)
    : id_(row.id),
      code_(row.code),
      services_(services),
      created_from_(std::move(created_from)),
      asker_(created_from_),
      tracks_(services.transcoder, services.shares, [this] { return payer(); }),
      life_(life),
      command_rate_(kCommandUnits, kCommandWindow),
      link_rate_(services.limits.links_per_minute, std::chrono::minutes(1)),
      chat_rate_(kMostSaid, kSaidWithin),
      reaction_rate_(kMostSaid * 2, kSaidWithin),
      password_rate_(kPasswordsPerMinute, std::chrono::minutes(1)),
      chat_(row.chat.begin(), row.chat.end()) {
    state_.code = row.code;
    state_.kept_by = life_.kept_by;
    if (!life_.empty_since) life_.empty_since = now;
    if (founding) {
        state_.settings = founding_settings(*founding);
        save({}, now);
        return;
    }
    // What was written last may be a moment old, and so may the epochs that listeners have seen.
    constexpr std::uint32_t kEpochsLost = 100;
    constexpr double kPlacesApart = std::chrono::duration<double>(kPlaceSaved).count();
    state_.epoch = state_.last_epoch = row.epoch + kEpochsLost;
    const bool playing = row.status == "playing";
    const double lost = playing ? std::clamp(row.position_age_seconds, 0.0, kPlacesApart) : 0;
    for (db::ChatLine& line : chat_) {
        line.label = shown_text(line.label, kLabelText);
        line.line = shown_text(line.line, kChatText);
    }
    const Restored restored = restore(state_, {row.settings_json, row.queue_json, media_time(row.position_samples),
                                               playing || row.status == "buffering", row.first_member, row.last_member});
    if (restored.locked) spdlog::error("room {}: is locked, for its settings cannot be read", code());
    for (const std::string& key : restored.unreadable) spdlog::warn("room {}: '{}' of its settings cannot be read", code(), key);
    if (restored.items_lost > 0) spdlog::warn("room {}: {} items of its queue cannot be read", code(), restored.items_lost);
    if (state_.suspended)
        state_.suspended->from +=
            MediaDuration{std::llround(lost * static_cast<double>(kSampleRate * state_.settings.speed) / kNormalSpeed)};
}

Room::~Room() = default;

namespace {

Problem failed() {
    return {500, "internal", "The server failed", "Something went wrong in this room; the server's log says what. Try again."};
}

}  // namespace

void Room::handle(CommandRequest request, ServerTime now, Reply reply) {
    // Answered once, also where the answer was on its way when something failed.
    const auto once = [reply = std::make_shared<Reply>(std::move(reply))](const std::optional<Problem>& problem) {
        if (const Reply answer = std::exchange(*reply, nullptr)) answer(problem);
    };
    try {
        obey(std::move(request), now, once);
    } catch (const std::exception& error) {
        on_failure(error.what());
        once(failed());
    }
}

// Only what is certain is done here: the room's state is whole in any case, since it is put in place at once.
void Room::on_failure(const std::string& what) noexcept {
    ++services_.metrics.handlers_failed;
    try {
        spdlog::error("room {}: something failed: {}", code(), what);
        drop_what_failed(services_.clock());
    } catch (const std::exception&) {
        stream_.reset();  // there is no memory, perhaps: the next tick goes on from here
    }
    tick_due_ = services_.clock() + kAfterFailure;
}

// What was being opened did not get as far as to be watched: nobody waits for it any more. A track without its stream is over.
void Room::drop_what_failed(ServerTime now) {
    next_reply_ = nullptr;
    if (const Reply reply = std::exchange(pending_, Opening{}).reply) reply(failed());
    next_ = Opening{};
    next_broadcaster_.stop();
    RoomState state = state_;
    state.pending.reset();
    state.upcoming.reset();
    if (!stream_ && state.now_playing) state.become_idle(now);
    state.notice = failed().detail;
    take({std::move(state), {}}, now);
}

void Room::obey(CommandRequest request, ServerTime now, Reply reply) {
    const bool again = request.target.looked_up || !request.password_hash.empty();
    note_activity(now);
    // Before anything is copied, hashed or written out.
    if (const auto haste = again ? std::nullopt : refuse_haste(request, now)) {
        ++services_.metrics.commands;
        ++services_.metrics.commands_refused;
        reply(haste);
        return;
    }
    know_more(request);
    if (!refuse_right(state_, request) && ask_first(request, now, reply)) return;
    ++services_.metrics.commands;
    Outcome outcome = apply(state_, request, now);
    const bool opens = std::holds_alternative<Applied>(outcome) && rate_class_of(request.command) != RateClass::talk;
    if (opens) asker_ = request.address;
    const Asking asking(asking_, opens);
    if (const auto* rejection = std::get_if<Rejection>(&outcome)) {
        refuse(request, *rejection, reply);
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
    Applied& applied = std::get<Applied>(outcome);
    const bool talk = std::holds_alternative<Say>(request.command) || std::holds_alternative<React>(request.command);
    if (talk && applied.effects.size() == 1) {
        // Nothing has changed that a state would tell.
        std::visit([this, now](const auto& it) { carry_out(it, now); }, applied.effects.front());
    } else {
        // Thousands may vote at once: that is told with the other small changes.
        const bool tally = std::holds_alternative<VoteSkip>(request.command) && applied.effects.empty();
        take(std::move(applied), now, tally ? Telling::soon : Telling::at_once);
    }
    journal(request, std::nullopt);
    reply(std::nullopt);
}

void Room::refuse(const CommandRequest& request, const Rejection& rejection, const Reply& reply) {
    const Problem problem = problem_of(rejection);
    ++services_.metrics.commands_refused;
    spdlog::info("room {}: {} refused: {}", code(), op_of(request.command), problem.code);
    journal(request, problem);
    reply(problem);
}

bool Room::observe_now(const Observation& observation, ServerTime now, Telling telling) {
    Outcome outcome = observe(state_, observation, now);
    if (std::holds_alternative<Rejection>(outcome)) return false;
    auto& applied = std::get<Applied>(outcome);
    if (!applied.effects.empty()) telling = Telling::at_once;
    take(std::move(applied), now, telling);
    return true;
}

void Room::take(Applied applied, ServerTime now, Telling telling) {
    const RoomState before = std::exchange(state_, std::move(applied.state));
    state_message_ = nullptr;
    tick_soon();
    if (before.queue != state_.queue) {
        queue_changed_ = true;
        ++queue_revision_;
        queue_message_ = nullptr;
        queue_items_.clear();
    }
    if (!state_.queue.empty()) note_use(now);
    life_.kept_by = state_.kept_by;
    for (const Effect& effect : applied.effects) {
        std::visit([this, now](const auto& it) { carry_out(it, now); }, effect);
    }
    start_when_ready(now);
    follow_timeline(now);
    follow_upcoming(now);
    if (telling == Telling::at_once) {
        announce(now);
    } else {
        note_roster(true);
    }
    announce_queue(now);
    save(before, now);
    send_due_replies();
}

void Room::send_due_replies() {
    for (const auto& reply : std::exchange(due_replies_, {})) reply();
}

// Frames are made for the timeline everybody was told; a new one starts them anew.
void Room::follow_timeline(ServerTime now) {
    if (state_.status != Status::playing) {
        broadcaster_.stop();
    } else if (broadcast_timeline_ != state_.timeline || broadcaster_.epoch() != state_.epoch) {
        broadcaster_.start(state_.epoch, state_.timeline.anchor_position(),
                           [timeline = state_.timeline](MediaTime position) { return timeline.due_at(position); });
        for (Listener* listener : listeners_) restart(*listener, now);
    }
    broadcast_timeline_ = state_.timeline;
    const std::pair in_force(state_.epoch, state_.upcoming ? state_.upcoming->epoch : 0);
    if (std::exchange(epochs_in_force_, in_force) == in_force) return;
    for (Listener* listener : listeners_) listener->outbox->drop_frames_except(in_force.first, in_force.second);
}

void Room::announce(ServerTime now) {
    if (roster_untold_) state_message_ = nullptr;
    const auto message = state_message(now);
    for (Listener* listener : listeners_) tell_state(*listener, message);
    roster_changed_ = listed_changed_ = false;
}

// Once: who has just come knows it.
void Room::tell_state(Listener& listener, const WirePtr& message) {
    if (std::exchange(listener.told, states_made_) != states_made_) listener.outbox->push_state(message);
}

void Room::note_roster(bool listed) {
    roster_changed_ = roster_untold_ = true;
    listed_changed_ |= listed;
    tick_soon();
}

// Whoever comes to a large room while many do gets what is a moment old; the count is told anyway.
WirePtr Room::state_message(ServerTime now) {
    constexpr auto kOldest = std::chrono::seconds(1);
    const bool current = state_message_ && (!roster_untold_ || (roster_.size() > kListedMembers && now < state_message_at_ + kOldest));
    if (!current) {
        state_message_ = make_text(state_json(state_, roster_, queue_revision_, now));
        state_message_at_ = now;
        roster_untold_ = false;
        ++states_made_;
    }
    return state_message_;
}

// The first change at once, more of them together.
void Room::announce_queue(ServerTime now) {
    constexpr auto kPause = std::chrono::milliseconds(500);
    if (!queue_changed_ || now < queue_due_) return;
    queue_changed_ = false;
    queue_due_ = now + kPause;
    for (Listener* listener : listeners_) listener->outbox->push_queue(queue_message());
}

const WirePtr& Room::queue_message() {
    if (!queue_message_) queue_message_ = make_text(queue_json(queue_items(), queue_revision_));
    return queue_message_;
}

const std::string& Room::queue_items() {
    if (queue_items_.empty()) queue_items_ = queue_items_json(state_);
    return queue_items_;
}

std::size_t Room::json_bytes() const {
    constexpr std::size_t kState = 4'000;
    return kState + text_bytes(state_.queue);
}

std::string Room::json(ServerTime now) { return room_json(state_, roster_, queue_revision_, queue_items(), now); }

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
    // What people say is kept once, and not for longer than others can read it.
    if (!problem && (std::holds_alternative<Say>(request.command) || std::holds_alternative<React>(request.command))) return;
    services_.store.record_event({id(), request.member, std::string(op_of(request.command)), arguments_json(request.command),
                                  problem ? problem->code : "ok", state_.epoch});
}

void Room::join(Listener& listener, ServerTime now) {
    listeners_.push_back(&listener);
    note_member(listener.member, listener.name, listener.address);
    ++services_.metrics.listeners;
    note_empty(false, now);
    if (roster_.arrive(listener.member, listener.name)) {
        note_roster(roster_.size() <= kListedMembers);
    }
    if (!state_.host()) observe_now(HostAway{listener.member, roster_.find(listener.member)->label()}, now);
    if (state_.suspended) observe_now(ListenersBack{}, now);
    tell_state(listener, state_message(now));
    listener.outbox->push_queue(queue_message());
    // Lines that wait to be told reach this listener too, with all others.
    const std::size_t told = chat_.size() - untold_lines_;
    if (told > 0) (void)listener.outbox->push_reply(make_text(chat_log_json(chat_, told)));
    const unsigned group = group_of(numbers_given_++);
    listener.phase = phase_of(group);
    listener.odd = group / kPhases % 2 == 1;
    follow_wish(listener, now);
    restart(listener, now);
    serve(listener, now);
    tick_soon();
}

void Room::leave(Listener& listener, ServerTime now) {
    std::erase(listeners_, &listener);
    listener.unschedule();
    --services_.metrics.listeners;
    if (listeners_.empty()) note_empty(true, now);
    count_wish(listener, Listener::kUncounted, now);
    const auto listed = roster_.first(kListedMembers);
    const bool was_listed = std::ranges::any_of(listed, [&](const Member* each) { return each->id == listener.member; });
    if (!roster_.depart(listener.member)) return;
    note_roster(was_listed);
    if (!state_.skip_votes.empty()) observe_now(ListenersChanged{roster_.size(), listener.member}, now, Telling::soon);
    services_.store.record_departure(id(), listener.member);
}

void Room::remove() {
    const auto listeners = listeners_;
    const std::string reason = closed_for_.value_or("This room was closed because everybody had left.");
    for (Listener* listener : listeners) listener->end(close_code::kNoSuchRoom, reason);
    settle_pending(Problem{404, "room-gone", "This room is gone", reason});
    send_due_replies();
    services_.store.remove_room(id());
}

void Room::tick_soon() {
    tick_due_ = {};
    services_.tick_by(tick_due_);
}

// At the latest, if nothing happens before.
ServerTime Room::next_tick(ServerTime now) const {
    constexpr auto kAnyway = std::chrono::milliseconds(250);
    constexpr auto kWhenEmpty = std::chrono::seconds(1);
    const bool idle = listeners_.empty() && !state_.now_playing && !state_.pending;
    ServerTime next = idle ? ServerTime::max() : now + (listeners_.empty() ? ServerClock::duration(kWhenEmpty) : kAnyway);
    const auto by = [&next](const std::optional<ServerTime>& time) { next = std::min(next, time.value_or(next)); };
    by(schedule_.next_due());
    by(state_.sleep_at);
    by(talk_.due());
    if (state_.upcoming) by(state_.upcoming->timeline.anchor_time());
    // The end of what there is: the track's, or that of a source that is too slow.
    if (state_.status == Status::playing && stream_) {
        const auto end = stream_->logs.end() ? stream_->logs.end() : stream_->logs.produced_until();
        if (end) by(state_.timeline.due_at(*end));
    }
    return next;
}

void Room::tick(ServerTime now) {
    tick_due_ = ServerTime::max();
    guarded([&] { tick_now(now); });
}

void Room::tick_now(ServerTime now) {
    if (state_.upcoming && now >= state_.upcoming->timeline.anchor_time()) observe_now(SeamReached{}, now);
    if (state_.sleep_at && now >= *state_.sleep_at) observe_now(SleepDue{}, now);
    watch_host(now);
    send_talk(now);
    announce_roster(now);
    announce_queue(now);
    announce_sync(now);
    save_place(now);
    suspend_if_alone(now);
    watch_stream(now);
    watch_next(now);
    serve_due(now);
    look_for_dead(now);
    tick_due_ = std::min(tick_due_, next_tick(now));
}

}  // namespace musicspace::relay
