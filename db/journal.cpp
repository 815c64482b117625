#include "db/journal.h"

#include <algorithm>

namespace musicspace::db {

namespace {

constexpr std::size_t kOfOneRoom = 20;  // happenings that a room writes in its turn
constexpr auto kFirstPause = std::chrono::milliseconds(500);
constexpr unsigned kMostDoublings = 4;  // up to 8 s

struct BytesOf {
    std::size_t operator()(const RoomChange& it) const {
        return it.status.size() + it.link.size() + it.settings_json.value_or("").size() + it.queue_json.value_or("").size();
    }
    std::size_t operator()(const RoomEvent& it) const { return it.op.size() + it.arguments_json.size() + it.result.size(); }
    std::size_t operator()(const Play& it) const { return it.link.size() + it.title.size() + it.artist.size(); }
    std::size_t operator()(const ChatLine& it) const { return it.label.size() + it.line.size(); }
    std::size_t operator()(const Heard& it) const {
        return it.accounts.size() * sizeof(std::int64_t) + it.track.link.size() + it.track.title.size() + it.track.artist.size();
    }
    std::size_t operator()(const Removal& /*it*/) const { return 0; }
    std::size_t operator()(const Departure& /*it*/) const { return 0; }
    std::size_t operator()(const UnwantedAccount& /*it*/) const { return 0; }
};

JournalEntry entry_of(std::int64_t room_id, Happening what, JournalTime at) {
    const std::size_t bytes = sizeof(JournalEntry) + std::visit(BytesOf{}, what);
    return {room_id, std::move(what), at, bytes};
}

bool is_state(const Happening& what) { return std::holds_alternative<RoomChange>(what) || std::holds_alternative<Removal>(what); }

// True for entries that belong to accounts.
bool outlives_room(const Happening& what) { return std::holds_alternative<Heard>(what) || std::holds_alternative<UnwantedAccount>(what); }

JournalEntry merged(JournalEntry older, JournalEntry newer) {
    if (std::holds_alternative<Removal>(newer.what)) return newer;
    if (std::holds_alternative<Removal>(older.what)) return older;
    auto& was = std::get<RoomChange>(older.what);
    auto& is = std::get<RoomChange>(newer.what);
    if (!is.settings_json) is.settings_json = std::move(was.settings_json);
    if (!is.queue_json) is.queue_json = std::move(was.queue_json);
    return entry_of(newer.room_id, std::move(is), newer.at);
}

}  // namespace

void Journal::change(RoomChange change, JournalTime now) {
    const auto room = rooms_.try_emplace(change.room_id).first;
    if (room->second.removed) return;
    const std::int64_t room_id = change.room_id;
    JournalEntry newer = entry_of(room_id, std::move(change), now);
    auto& state = room->second.state;
    set_state(room, state ? merged(*std::move(state), std::move(newer)) : std::move(newer));
}

void Journal::add(std::int64_t room_id, Happening what, JournalTime now) {
    const auto room = rooms_.try_emplace(room_id).first;
    const bool of_removed = room->second.removed && !outlives_room(what);
    const auto* event = std::get_if<RoomEvent>(&what);
    if (of_removed || (event != nullptr && !may_write(*event, now))) {
        forget_if_idle(room);
        return;
    }
    append(room, entry_of(room_id, std::move(what), now), false);
    keep_limits(room);
    forget_if_idle(room);
}

void Journal::remove(std::int64_t room_id, JournalTime now) {
    const auto room = rooms_.try_emplace(room_id).first;
    Room& it = room->second;
    budgets_.erase(room_id);
    it.removed = true;
    set_state(room, entry_of(room_id, Removal{}, now));
    entries_ -= std::erase_if(it.happenings, [](const JournalEntry& entry) { return !outlives_room(entry.what); });
    std::size_t left = 0;
    for (const JournalEntry& entry : it.happenings) left += entry.bytes;
    set_bytes(room, left);
    queue(room);
}

bool Journal::may_write(const RoomEvent& event, JournalTime now) {
    const bool accepted = event.result == "ok";
    const double at_once = accepted ? limits_.events_at_once : limits_.refusals_at_once;
    const double per_second = accepted ? limits_.events_per_second : limits_.refusals_per_second;
    const auto [found, is_new] = budgets_.try_emplace(event.room_id);
    if (is_new) found->second = {{limits_.events_at_once, now}, {limits_.refusals_at_once, now}};
    Budget& budget = accepted ? found->second.events : found->second.refusals;
    const double passed = std::chrono::duration<double>(now - budget.at).count();
    budget.left = std::min(at_once, budget.left + passed * per_second);
    budget.at = now;
    if (budget.left < 1) {
        ++skipped_;
        return false;
    }
    budget.left -= 1;
    return true;
}

void Journal::set_state(Rooms::iterator room, JournalEntry state) {
    states_ += room->second.state ? 0 : 1;
    room->second.state = std::move(state);
    queue(room);
}

void Journal::append(Rooms::iterator room, JournalEntry entry, bool in_front) {
    set_bytes(room, room->second.bytes + entry.bytes);
    auto& happenings = room->second.happenings;
    if (in_front) {
        happenings.push_front(std::move(entry));
    } else {
        happenings.push_back(std::move(entry));
    }
    ++entries_;
    queue(room);
}

void Journal::drop_oldest(Rooms::iterator room) {
    set_bytes(room, room->second.bytes - room->second.happenings.front().bytes);
    room->second.happenings.pop_front();
    --entries_;
    ++dropped_;
}

void Journal::keep_limits(Rooms::iterator room) {
    while (room->second.bytes > limits_.room_bytes || room->second.happenings.size() > limits_.room_entries) drop_oldest(room);
    while (bytes_ > limits_.bytes || entries_ > limits_.entries) {
        // All that is too much has been taken, and cannot be dropped here.
        if (by_bytes_.empty()) return;
        drop_oldest(rooms_.find(by_bytes_.rbegin()->second));
    }
}

void Journal::set_bytes(Rooms::iterator room, std::size_t bytes) {
    by_bytes_.erase({room->second.bytes, room->first});
    bytes_ = bytes_ - room->second.bytes + bytes;
    room->second.bytes = bytes;
    if (bytes > 0) by_bytes_.emplace(bytes, room->first);
}

void Journal::queue(Rooms::iterator room) {
    Room& it = room->second;
    if (it.state && !std::exchange(it.state_turn.queued, true)) state_turns_.push_back(room->first);
    if (!it.happenings.empty() && !std::exchange(it.turn.queued, true)) turns_.push_back(room->first);
}

void Journal::forget_if_idle(Rooms::iterator room) {
    const Room& it = room->second;
    if (!it.state && it.happenings.empty() && it.taken == 0 && !it.state_turn.queued && !it.turn.queued) rooms_.erase(room);
}

std::vector<JournalEntry> Journal::take(Kind kind, std::size_t most, JournalTime now) {
    std::vector<JournalEntry> taken;
    auto& turns = kind == Kind::states ? state_turns_ : turns_;
    // Ends when each room that waits for a turn has had one, and none had an entry that is due.
    for (std::size_t idle = 0; idle < turns.size() && taken.size() < most;) {
        const std::size_t before = taken.size();
        const auto room = rooms_.find(turns.front());
        turns.pop_front();
        Turn& turn = kind == Kind::states ? room->second.state_turn : room->second.turn;
        turn.queued = false;
        if (turn.due <= now) take_of(room, kind, most, taken);
        idle = taken.size() > before ? 0 : idle + 1;
        queue(room);
        forget_if_idle(room);
    }
    std::ranges::stable_sort(taken, {}, &JournalEntry::room_id);
    return taken;
}

void Journal::take_of(Rooms::iterator room, Kind kind, std::size_t most, std::vector<JournalEntry>& taken) {
    Room& it = room->second;
    const std::size_t before = taken.size();
    if (kind == Kind::states && it.state) {
        taken.push_back(*std::exchange(it.state, std::nullopt));
        --states_;
    }
    while (kind == Kind::happenings && !it.happenings.empty() && taken.size() < std::min(most, before + kOfOneRoom)) {
        set_bytes(room, it.bytes - it.happenings.front().bytes);
        taken.push_back(std::move(it.happenings.front()));
        it.happenings.pop_front();
        --entries_;
    }
    it.taken += taken.size() - before;
    taken_ += taken.size() - before;
}

void Journal::settle(const JournalEntry& written) {
    const auto room = rooms_.find(written.room_id);
    --room->second.taken;
    --taken_;
    (is_state(written.what) ? room->second.state_turn : room->second.turn).failures = 0;
    if (std::holds_alternative<Removal>(written.what)) room->second.removed = false;
    forget_if_idle(room);
}

void Journal::put_back(std::vector<JournalEntry> entries, Why why, JournalTime now) {
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
        const auto room = rooms_.find(entry->room_id);
        Room& it = room->second;
        --it.taken;
        --taken_;
        Turn& turn = is_state(entry->what) ? it.state_turn : it.turn;
        if (why == Why::failed && turn.due <= now) turn.due = now + kFirstPause * (1U << std::min(turn.failures++, kMostDoublings));
        if (is_state(entry->what)) {
            set_state(room, it.state ? merged(std::move(*entry), *std::move(it.state)) : std::move(*entry));
        } else if (!it.removed || outlives_room(entry->what)) {
            append(room, std::move(*entry), true);
            keep_limits(room);
        }
        forget_if_idle(room);
    }
}

std::optional<JournalTime> Journal::due() const {
    std::optional<JournalTime> first;
    const auto by = [&first](JournalTime time) { first = first ? std::min(*first, time) : time; };
    for (const std::int64_t id : state_turns_) by(rooms_.at(id).state_turn.due);
    for (const std::int64_t id : turns_) by(rooms_.at(id).turn.due);
    return first;
}

Journal::Waiting Journal::waiting() const {
    Waiting waiting{entries(), 0};
    for (const auto& [id, room] : rooms_) {
        if (id != 0 && (room.state || room.taken > 0 || !room.happenings.empty())) ++waiting.rooms;
    }
    return waiting;
}

}  // namespace musicspace::db
