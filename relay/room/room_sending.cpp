// The part of Room that hands Frames to listeners: each is visited when something is due for it, gets what its line may be given, and is
// put down for its next time.

#include <algorithm>
#include <utility>

#include "relay/close_code.h"
#include "relay/room/room.h"

namespace musicspace::relay {

namespace {

constexpr std::chrono::milliseconds kWorthSending{100};  // what comes so much too late may still be heard in part
constexpr std::int64_t kWeakBatch = 25;                  // a time answer waits behind one at most
constexpr std::size_t kMostFrames = 12;                  // of one visit
constexpr std::chrono::seconds kStride{1};               // a good line is given so much more at a time, and left alone for so much longer

const WirePtr& ping() {
    static const WirePtr kPing = make_wire(Opcode::ping, {});
    return kPing;
}

}  // namespace

// The track a listener is in: the one that plays, or the one that follows when it has had all of that.
struct Room::Course {
    Broadcaster* broadcaster;
    const Stream* stream;
    Cursor* cursor;
};

Room::Course Room::course_of(Listener& listener, ServerTime now) {
    const bool playing = broadcaster_.running() && stream_;
    const bool following = next_broadcaster_.running() && next_.stream;
    const Course current{playing ? &broadcaster_ : nullptr, playing ? &*stream_ : nullptr, &listener.cursor};
    if (!playing || !following || !stream_->logs.end()) return current;
    const auto position = broadcaster_.position_of(listener.cursor, now);
    const bool over = position && (*position >= *stream_->logs.end() || stream_->logs.produced_until() <= position);
    return over ? Course{&next_broadcaster_, &*next_.stream, &listener.next_cursor} : current;
}

LineReading Room::read_line(Listener& listener, ServerTime now) {
    const Course course = course_of(listener, now);
    LineReading reading{now, {}, 0, 0, {}};
    if (course.broadcaster != nullptr) reading.lead = course.broadcaster->lead_of(*course.cursor, now);
    if (!listener.policy.watched()) return reading;
    const auto line = listener.outbox->line_info();
    reading.acked_bytes = line.acked_bytes;
    reading.unacked_bytes = line.unacked_bytes;
    reading.round_trip = line.round_trip;
    const auto tier = listener.policy.tier(best());
    listener.policy.read(reading, best());
    if (listener.policy.tier(best()) != tier) {
        ++(listener.policy.tier(best()) < tier ? services_.metrics.tiers_lowered : services_.metrics.tiers_raised);
        follow_wish(listener, now);
    }
    return reading;
}

void Room::serve(Listener& listener, ServerTime now) {
    if (!listener.outbox->ready()) {
        if (!std::exchange(listener.waits_for_line, true)) listener.waits_since = now;
        listener.policy.on_full();
        listener.outbox->tell_when_drained();
        return;
    }
    listener.waits_for_line = false;
    const LineReading reading = read_line(listener, now);
    if (!give_times(listener, reading)) {
        schedule_.at(listener, now + ServerClock::duration(1));  // with the next tick
        return;
    }
    if (listener.policy.watched() && listener.cursor.packet >= 0 && reading.lead + kWorthSending < listener.policy.drain_time(reading))
        skip(listener, reading, now);
    auto left = listener.policy.allowance(reading, best());
    frames_.clear();
    bool more = true;
    while (more && left.count() > 0 && frames_.size() < kMostFrames) {
        const Course course = course_of(listener, now);
        if (course.broadcaster == nullptr) return;  // until something plays: restart()
        const Tier tier = listener.wish.value_or(listener.policy.tier(transcoder::best_tier(course.stream->passes_through)));
        // A good line takes two at a time. Half of them begin with an odd one: there is as much to send in each second.
        const bool second = !frames_.empty() && (course.cursor->packet / PacingPolicy{}.packets % 2 == 1) != listener.odd;
        const auto more_lead = second && listener.policy.in_stride(best()) ? kStride : std::chrono::seconds(0);
        const Wish wish{tier, listener.policy.lead() + listener.phase + more_lead,
                        listener.policy.weak() ? kWeakBatch : PacingPolicy{}.packets};
        const Next next = course.broadcaster->next(course.stream->logs, tiers_of(*course.stream), *course.cursor, wish, now);
        if (const auto* it = std::get_if<NextFrame>(&next)) {
            left -= it->frame->ends_at - it->frame->play_at;
            frames_.push_back(it->frame);
            *course.cursor = it->after;
        } else if (std::holds_alternative<Late>(next)) {
            if (listener.policy.holds_up(reading)) {
                skip(listener, reading, now);
            } else {
                *course.cursor = course.broadcaster->cursor_at(now);
            }
        } else {
            const auto* enough = std::get_if<NotBefore>(&next);
            enough != nullptr ? schedule_.at(listener, enough->time + more_lead) : schedule_.wait(listener);
            more = false;
        }
    }
    if (more) schedule_.at(listener, now + ServerClock::duration(1));  // with the next tick
    if (frames_.empty()) return;
    for (const FramePtr& frame : frames_) services_.metrics.frame_bytes_sent += frame->bytes.size();
    services_.metrics.frames_sent += frames_.size();
    listener.outbox->offer(frames_);
}

// What waits in a narrow line before an answer makes the way back longer than the way there, and the clock wrong by half of that. So on a
// weak line sound stops for the moment until the line has carried what it has. The answer's stamps tell how long it was held.
void Room::answer_time(Listener& listener, const TimeAnswer& answer, ServerTime now) {
    if (!listener.policy.weak()) {
        listener.outbox->push_time(answer);
        return;
    }
    auto& held = listener.held_times;
    if (held.size() >= OutboxLimits{}.times) held.erase(held.begin());
    held.push_back(answer);
    schedule_.at(listener, now);
    tick_soon();
}

// Whether the line is ready for sound.
bool Room::give_times(Listener& listener, const LineReading& reading) {
    constexpr auto kLongest = std::chrono::milliseconds(1500);
    constexpr auto kLeadToSpare = std::chrono::seconds(1);
    constexpr std::size_t kMost = 4;
    auto& held = listener.held_times;
    if (held.empty()) return true;
    const bool to_spare = reading.lead > kLeadToSpare;
    if (to_spare && reading.unacked_bytes > 0 && reading.now - held.front().received < kLongest && held.size() < kMost) return false;
    for (const TimeAnswer& answer : held) listener.outbox->push_time(answer);
    held.clear();
    return !to_spare;  // in one packet with sound it would have to wait for that
}

// To live with one clean jump.
void Room::skip(Listener& listener, const LineReading& reading, ServerTime now) {
    const Course course = course_of(listener, now);
    if (course.broadcaster == nullptr) return;
    *course.cursor = course.broadcaster->cursor_at(now + listener.policy.skip_time(reading));
    ++services_.metrics.skips;
    listener.policy.on_skip(now);
    follow_wish(listener, now);
}

void Room::serve_due(ServerTime now) {
    for (Broadcaster* broadcaster : {&broadcaster_, &next_broadcaster_}) {
        broadcaster->forget(now);
        services_.metrics.frames_made += broadcaster->take_frames_made();
    }
    schedule_.wake_waiting(now);
    while (Scheduled* const due = schedule_.take_due(now)) serve(static_cast<Listener&>(*due), now);
}

void Room::on_drained(Listener& listener, ServerTime now) {
    if (!listener.waits_for_line) return;
    serve(listener, now);
    tick_soon();
}

// All that was sent is void: a new epoch, or a new connection.
void Room::restart(Listener& listener, ServerTime now) {
    listener.cursor = {};
    listener.policy.on_break();
    schedule_.at(listener, now);
}

// A line that takes sound is alive: TCP itself gives up one that acknowledges nothing. In silence it is asked.
void Room::look_for_dead(ServerTime now) {
    constexpr auto kPause = std::chrono::seconds(5);
    constexpr auto kAskAfter = std::chrono::seconds(10);
    constexpr auto kDeadAfter = std::chrono::seconds(20);
    if (broadcaster_.running()) sounded_at_ = now;
    if (now < dead_due_) return;
    dead_due_ = now + kPause;
    const auto listeners = listeners_;
    for (Listener* listener : listeners) {
        // While there is sound nobody has to say anything.
        const auto silence = now - std::max(listener->heard_at, sounded_at_);
        const bool behind = broadcaster_.running() && broadcaster_.lead_of(listener->cursor, now) < -kDeadAfter;
        if (behind || (listener->waits_for_line && now - listener->waits_since > kDeadAfter)) {
            ++services_.metrics.stuck;
            listener->end(close_code::kTooSlow, "Your line has taken nothing for 20 seconds.");
        } else if (silence > kDeadAfter) {
            listener->end(close_code::kSilent, "Nothing has come from you for 20 seconds, not even an answer to a ping.");
        } else if (silence > kAskAfter) {
            (void)listener->outbox->push_reply(ping());
        }
    }
}

}  // namespace musicspace::relay
