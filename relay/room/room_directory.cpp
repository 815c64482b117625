#include "relay/room/room_directory.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "relay/room/rate_class.h"
#include "relay/room/room_code.h"
#include "relay/room/saved_settings.h"

namespace musicspace::relay {

RoomDirectory::RoomDirectory(DirectoryPolicy policy, RoomServices services)
    : policy_(policy), services_(std::move(services)), empty_(policy.empty_rooms) {}

std::shared_ptr<Room> RoomDirectory::find(const std::string& code) const {
    const auto id = codes_.find(code);
    if (id == codes_.end()) return nullptr;
    const auto& room = rooms_.at(id->second);
    return room->closed() ? nullptr : room;
}

void RoomDirectory::create(const Wanted& wanted, std::function<void(CreatedOrError)> done) {
    create_with_tries(wanted, policy_.code_tries, std::move(done));
}

void RoomDirectory::create_with_tries(const Wanted& wanted, int tries_left, std::function<void(CreatedOrError)> done) {
    const std::string code = random_code();
    db::NewRoom row{code, wanted.member_name, wanted.account,
                    [hash = wanted.password_hash](std::int64_t member) { return saved_settings(founding_settings({member, hash})); }};
    services_.store.create_room(std::move(row), [this, code, wanted, tries_left, done = std::move(done)](auto answer) mutable {
        if (const auto* error = std::get_if<db::StoreError>(&answer)) {
            if (*error == db::StoreError::taken && tries_left > 1) {
                create_with_tries(wanted, tries_left - 1, std::move(done));
            } else {
                done(*error);
            }
            return;
        }
        const auto& created = std::get<db::CreatedRoom>(answer);
        if (created.room_id == 0) {
            done(Created{});
            return;
        }
        auto room = add({created.room_id, code}, Founding{created.member_id, wanted.password_hash}, services_.clock(), wanted.address, {});
        spdlog::info("room {}: created", code);
        done(Created{std::move(room), created.member_id});
    });
}

void RoomDirectory::end_sessions(const Revocations& revocations) const {
    for (const auto& [id, room] : rooms_) room->end_sessions(revocations);
}

// Each room says by itself when it is due.
std::shared_ptr<Room> RoomDirectory::add(const db::RoomRow& row, const std::optional<Founding>& founding, ServerTime now,
                                         const std::string& created_from, const RoomLife& life) {
    RoomServices services = services_;
    services.tick_by = [this, id = row.id](ServerTime time) {
        due_.by(id, time);
        services_.tick_by(time);
    };
    services.may_keep = [this](std::int64_t account) { return may_keep(account); };
    auto room = std::make_shared<Room>(row, founding, services, now, created_from, life);
    rooms_[row.id] = room;
    codes_[row.code] = row.id;
    services_.metrics.rooms = rooms_.size();
    due_.by(row.id, now);
    services_.tick_by(now);
    return room;
}

void RoomDirectory::adopt(const std::vector<db::RoomRow>& rows, const std::unordered_map<std::int64_t, db::LifeRow>& lives,
                          ServerTime now) {
    for (const db::RoomRow& row : rows) {
        RoomLife life;
        life.empty_since = now;
        if (const auto known = lives.find(row.id); known != lives.end()) {
            life.used = known->second.used;
            life.kept_by = known->second.kept_by;
            life.empty_since = now - std::chrono::seconds(known->second.empty_seconds);
        }
        add(row, std::nullopt, now, {}, life);
    }
    if (!rows.empty()) spdlog::info("{} rooms of an earlier run taken over", rows.size());
}

ServerTime RoomDirectory::tick(ServerTime now) {
    // A room may be due again at once: that is for the next tick.
    std::vector<std::int64_t> visited;
    while (const auto id = due_.take(now)) visited.push_back(*id);
    for (const std::int64_t id : visited) visit(id, now);
    services_.metrics.rooms = rooms_.size();
    services_.metrics.pipelines = services_.transcoder.pipelines_running();
    const db::JournalCounts journal = services_.store.journal();
    services_.metrics.journal_waiting = journal.waiting;
    services_.metrics.journal_dropped = journal.dropped;
    services_.metrics.journal_refused = journal.refused;
    services_.metrics.journal_skipped = journal.skipped;
    return due_.next();
}

void RoomDirectory::visit(std::int64_t id, ServerTime now) {
    const auto found = rooms_.find(id);
    if (found == rooms_.end()) return;
    const std::shared_ptr<Room> room = found->second;
    if (room->tick_due() <= now) room->tick(now);
    if (room->closed()) {
        remove(id, "closed");
        return;
    }
    const RoomLife& life = room->life();
    const auto over = life.over_at(services_.life);
    if (over && *over <= now) {
        remove(id, "removed, nobody came back");
        return;
    }
    due_.by(id, std::min(room->tick_due(), over.value_or(ServerTime::max())));
    if (!over) {
        empty_.remove(id);
        return;
    }
    empty_.put(id, {room->created_from(), life.used, *life.empty_since, text_bytes(room->state().queue)});
    make_way(*room);
}

// Rooms that nobody is in never fill the memory.
void RoomDirectory::make_way(const Room& room) {
    const std::string address = room.created_from();
    while (const auto id = empty_.surplus(address)) {
        ++services_.metrics.rooms_evicted;
        remove(*id, "removed, too many rooms wait for somebody");
    }
}

void RoomDirectory::remove(std::int64_t id, const char* why) {
    const std::shared_ptr<Room> room = rooms_.at(id);
    spdlog::info("room {}: {}", room->code(), why);
    codes_.erase(room->code());
    rooms_.erase(id);
    due_.remove(id);
    empty_.remove(id);
    room->remove();
    due_.remove(id);  // what it did at its end may have made it due
}

void RoomDirectory::each(const std::function<void(const Room&)>& visit) const {
    for (const auto& [id, room] : rooms_) visit(*room);
}

bool RoomDirectory::may_keep(std::int64_t account) const {
    std::size_t kept = 0;
    std::size_t kept_by_account = 0;
    for (const auto& [id, room] : rooms_) {
        kept += room->state().kept_by != 0 ? 1 : 0;
        kept_by_account += room->state().kept_by == account ? 1 : 0;
    }
    const std::size_t most = policy_.empty_rooms.rooms;
    return account != 0 && kept_by_account < policy_.kept_per_account && (most == 0 || kept < most);
}

void RoomDirectory::forget_account(std::int64_t account) {
    for (const auto& [id, room] : rooms_) room->forget_account(account);
}

void RoomDirectory::expel(const std::string& address) {
    for (const auto& [id, room] : rooms_) room->expel_address(address);
}

}  // namespace musicspace::relay
