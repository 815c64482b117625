#pragma once
// All living rooms by code. Owned by main; I/O thread. Visits those that have something to do, so that rooms that wait for somebody cost
// nothing, and removes those whose time is over, from memory and from the database. Rooms of an earlier run are taken over as empty ones.

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "relay/room/due_times.h"
#include "relay/room/empty_rooms.h"
#include "relay/room/room.h"

namespace musicspace::relay {

struct DirectoryPolicy {
    EmptyRooms::Limits empty_rooms{};
    std::size_t kept_per_account = 10;
    int code_tries = 20;
};

class RoomDirectory {
public:
    struct Created {
        std::shared_ptr<Room> room;
        MemberId member = 0;
    };

    RoomDirectory(DirectoryPolicy policy, RoomServices services);

    /// Nothing for a room that is being closed.
    [[nodiscard]] std::shared_ptr<Room> find(const std::string& code) const;

    struct Wanted {
        std::string member_name;
        std::string address;          ///< of whoever asks
        std::int64_t account = 0;     ///< of the member; 0: a guest
        std::string password_hash{};  ///< empty: none
    };
    using CreatedOrError = std::variant<Created, db::StoreError>;

    /// Stores a room under a fresh code with its first member. A Created without a room: there is no such account.
    void create(const Wanted& wanted, std::function<void(CreatedOrError)> done);

    void adopt(const std::vector<db::RoomRow>& rows, const std::unordered_map<std::int64_t, db::LifeRow>& lives, ServerTime now);
    /// Each room that is due; returns when the next one is.
    ServerTime tick(ServerTime now);
    /// Ends the connections of those whose sign-in has ended, in all rooms.
    void end_sessions(const Revocations& revocations) const;
    [[nodiscard]] std::size_t size() const { return rooms_.size(); }
    void each(const std::function<void(const Room&)>& visit) const;

    /// Looks at all rooms, as the next two do: for what happens now and then.
    [[nodiscard]] bool may_keep(std::int64_t account) const;
    void forget_account(std::int64_t account);
    /// Ends all connections from `address`.
    void expel(const std::string& address);

private:
    using Rooms = std::unordered_map<std::int64_t, std::shared_ptr<Room>>;

    void create_with_tries(const Wanted& wanted, int tries_left, std::function<void(CreatedOrError)> done);
    std::shared_ptr<Room> add(const db::RoomRow& row, const std::optional<Founding>& founding, ServerTime now,
                              const std::string& created_from, const RoomLife& life);
    void visit(std::int64_t id, ServerTime now);
    void make_way(const Room& room);
    void remove(std::int64_t id, const char* why);

    const DirectoryPolicy policy_;
    const RoomServices services_;
    Rooms rooms_;  ///< by id
    std::unordered_map<std::string, std::int64_t> codes_;
    DueTimes<std::int64_t> due_;
    EmptyRooms empty_;
};

}  // namespace musicspace::relay
