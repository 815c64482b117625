// The part of the Store that deals with the members of rooms, and with who an account is in a room.

#include "db/ask.h"
#include "db/journal_lane.h"

namespace musicspace::db {

namespace {

constexpr const char* kInsertMember = "INSERT INTO members (room_id, name) VALUES ($1, $2) RETURNING id";
constexpr const char* kHoldAccount = "SELECT FROM accounts WHERE id = $1 FOR KEY SHARE";
constexpr const char* kComeBack =
    "UPDATE account_rooms SET joined_at = now() WHERE account_id = $1 AND room_id = $2 AND member_id <> $3 RETURNING member_id";
constexpr const char* kLink =
    "INSERT INTO account_rooms (account_id, room_id, member_id) VALUES ($1, $2, $3) ON CONFLICT (account_id, room_id) "
    "DO UPDATE SET member_id = excluded.member_id, joined_at = now() WHERE account_rooms.member_id = $4";

std::int64_t insert_member(pqxx::work& transaction, std::int64_t room_id, const std::string& name) {
    return one_row(transaction, kInsertMember, room_id, name)[0].as<std::int64_t>();
}

std::int64_t join_as(pqxx::work& transaction, const NewMember& wanted) {
    const auto before = run(transaction, kComeBack, wanted.account_id, wanted.room_id, wanted.in_place_of);
    if (!before.empty()) return before.front()[0].as<std::int64_t>();
    if (run(transaction, kHoldAccount, wanted.account_id).empty()) return 0;
    const std::int64_t member = insert_member(transaction, wanted.room_id, wanted.name);
    if (run(transaction, kLink, wanted.account_id, wanted.room_id, member, wanted.in_place_of).affected_rows() > 0) return member;
    // Somebody with this account was faster, on another connection.
    run(transaction, "DELETE FROM members WHERE id = $1", member);
    return one_row(transaction, "SELECT member_id FROM account_rooms WHERE account_id = $1 AND room_id = $2", wanted.account_id,
                   wanted.room_id)[0]
        .as<std::int64_t>();
}

}  // namespace

void Store::create_room(NewRoom room, Answer<CreatedRoom> answer) {
    // Without this, a room that nobody knows of would keep the code.
    const auto undo = [this](const CreatedRoom& created) {
        if (created.room_id != 0) journal_->remove(created.room_id);
    };
    ask_or_undo<CreatedRoom>(
        *questions_, post_,
        [room = std::move(room)](pqxx::work& transaction) {
            CreatedRoom created;
            if (room.account_id != 0 && run(transaction, kHoldAccount, room.account_id).empty()) return created;
            created.room_id = one_row(transaction, "INSERT INTO rooms (code) VALUES ($1) RETURNING id", room.code)[0].as<std::int64_t>();
            hold(transaction, Row::room, created.room_id);
            created.member_id = insert_member(transaction, created.room_id, room.member_name);
            run(transaction, "UPDATE rooms SET settings = $2::json WHERE id = $1", created.room_id, room.settings_json(created.member_id));
            if (room.account_id != 0) run(transaction, kLink, room.account_id, created.room_id, created.member_id, 0);
            return created;
        },
        std::move(answer), undo);
}

// A member that was added too late is not removed again: it is a row that nobody has a token for, and it goes with its room.
void Store::add_member(NewMember member, Answer<std::int64_t> answer) {
    ask<std::int64_t>(
        *questions_, post_,
        [member = std::move(member)](pqxx::work& transaction) {
            return member.account_id == 0 ? insert_member(transaction, member.room_id, member.name) : join_as(transaction, member);
        },
        std::move(answer));
}

void Store::find_member(std::int64_t room_id, std::int64_t member_id, Answer<std::string> answer) {
    ask<std::string>(
        *questions_, post_,
        [=](pqxx::work& transaction) {
            const auto rows = run(transaction, "SELECT name FROM members WHERE id = $1 AND room_id = $2", member_id, room_id);
            return rows.empty() ? std::string() : rows.front()[0].as<std::string>();
        },
        std::move(answer));
}

void Store::find_membership(std::int64_t account_id, std::int64_t room_id, Answer<std::int64_t> answer) {
    ask<std::int64_t>(
        *questions_, post_,
        [=](pqxx::work& transaction) {
            const auto rows =
                run(transaction, "SELECT member_id FROM account_rooms WHERE account_id = $1 AND room_id = $2", account_id, room_id);
            return rows.empty() ? std::int64_t{0} : rows.front()[0].as<std::int64_t>();
        },
        std::move(answer));
}

}  // namespace musicspace::db
