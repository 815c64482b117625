#include "relay/room/room_directory.h"

#include <spdlog/spdlog.h>

#include "relay/room/room_code.h"

namespace musicspace::relay {

std::shared_ptr<Room> RoomDirectory::find(const std::string& code) const {
    const auto found = rooms_.find(code);
    return found == rooms_.end() ? nullptr : found->second;
}

void RoomDirectory::create(const std::string& member_name, std::function<void(std::variant<Created, db::StoreError>)> done) {
    create_with_tries(member_name, policy_.code_tries, std::move(done));
}

void RoomDirectory::create_with_tries(const std::string& member_name, int tries_left,
                                      std::function<void(std::variant<Created, db::StoreError>)> done) {
    const std::string code = random_code();
    services_.store.create_room(code, member_name, [this, code, member_name, tries_left, done = std::move(done)](auto answer) mutable {
        if (const auto* error = std::get_if<db::StoreError>(&answer)) {
            if (*error == db::StoreError::taken && tries_left > 1) {
                create_with_tries(member_name, tries_left - 1, std::move(done));
            } else {
                done(*error);
            }
            return;
        }
        const auto& created = std::get<db::CreatedRoom>(answer);
        auto room = std::make_shared<Room>(db::RoomRow{created.room_id, code}, created.member_id, services_, ServerClock::now());
        rooms_[code] = room;
        services_.metrics.rooms = rooms_.size();
        spdlog::info("room {}: created", code);
        done(Created{std::move(room), created.member_id});
    });
}

void RoomDirectory::adopt(const std::vector<db::RoomRow>& rows, ServerTime now) {
    for (const db::RoomRow& row : rows) rooms_.emplace(row.code, std::make_shared<Room>(row, std::nullopt, services_, now));
    services_.metrics.rooms = rooms_.size();
    if (!rows.empty()) spdlog::info("{} rooms of an earlier run taken over", rows.size());
}

ServerTime RoomDirectory::tick(ServerTime now) {
    ServerTime next = ServerTime::max();
    for (auto entry = rooms_.begin(); entry != rooms_.end();) {
        const std::shared_ptr<Room> room = entry->second;
        if (room->tick_due() <= now) room->tick(now);
        const auto empty_since = room->empty_since();
        if (empty_since && now - *empty_since >= policy_.empty_room_grace) {
            spdlog::info("room {}: removed, nobody came back", room->code());
            entry = rooms_.erase(entry);
            room->remove();
        } else {
            next = std::min(next, room->tick_due());
            ++entry;
        }
    }
    services_.metrics.rooms = rooms_.size();
    services_.metrics.pipelines = services_.transcoder.pipelines_running();
    services_.metrics.journal_dropped = services_.store.dropped();
    return next;
}

}  // namespace musicspace::relay
