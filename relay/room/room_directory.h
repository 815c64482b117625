#pragma once
// All living rooms by code. Owned by main; I/O thread. Removes rooms that stayed empty for the grace time, from memory and from
// the database; rooms of an earlier run are taken over as empty ones.

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>

#include "relay/room/room.h"

namespace musicspace::relay {

struct DirectoryPolicy {
    std::chrono::seconds empty_room_grace{60};
    int code_tries = 20;
};

class RoomDirectory {
public:
    struct Created {
        std::shared_ptr<Room> room;
        MemberId member = 0;
    };

    RoomDirectory(DirectoryPolicy policy, RoomServices services) : policy_(policy), services_(std::move(services)) {}

    [[nodiscard]] std::shared_ptr<Room> find(const std::string& code) const;

    /// Stores a room under a fresh code with its first member.
    void create(const std::string& member_name, std::function<void(std::variant<Created, db::StoreError>)> done);

    void adopt(const std::vector<db::RoomRow>& rows, ServerTime now);
    /// Each room that is due; returns when the next one is.
    ServerTime tick(ServerTime now);
    [[nodiscard]] std::size_t size() const { return rooms_.size(); }

private:
    void create_with_tries(const std::string& member_name, int tries_left, std::function<void(std::variant<Created, db::StoreError>)> done);

    const DirectoryPolicy policy_;
    const RoomServices services_;
    std::unordered_map<std::string, std::shared_ptr<Room>> rooms_;
};

}  // namespace musicspace::relay
