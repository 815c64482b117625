// The part of the Store that deals with accounts and what they keep.

#include "db/ask.h"
#include "db/journal_lane.h"

namespace musicspace::db {

namespace {

constexpr const char* kSelectAccount = "SELECT id, name, password_hash, generation FROM accounts WHERE ";
constexpr const char* kSelectRooms =
    "SELECT rooms.id, rooms.code, member_id FROM account_rooms JOIN rooms ON rooms.id = room_id WHERE account_id = $1 ORDER BY joined_at "
    "DESC LIMIT 50";
constexpr const char* kInsertFavourite =
    "INSERT INTO favourites (account_id, link, title, artist, duration_ms) SELECT $1, $2, $3, $4, $5 "
    "WHERE (SELECT count(*) FROM favourites WHERE account_id = $1) < $6 ON CONFLICT (account_id, link) DO NOTHING";
constexpr const char* kSelectFavourites =
    "SELECT link, title, artist, duration_ms, (extract(epoch FROM added_at) * 1000)::bigint FROM favourites WHERE account_id = $1 ORDER BY "
    "added_at DESC";
constexpr const char* kSelectHeard =
    "SELECT link, title, artist, duration_ms, (extract(epoch FROM heard_at) * 1000)::bigint FROM account_plays WHERE account_id = $1 ORDER "
    "BY id DESC LIMIT $2";

Account account_of(const pqxx::result& rows) {
    if (rows.empty()) return {};
    const auto& row = rows[0];
    return {row[0].as<std::int64_t>(), row[1].as<std::string>(), row[2].as<std::string>(), row[3].as<std::int64_t>()};
}

std::vector<KeptTrack> tracks_of(const pqxx::result& rows) {
    std::vector<KeptTrack> tracks;
    for (const auto& row : rows) {
        tracks.push_back({row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<std::string>(), number_or_nothing(row[3]),
                          row[4].as<std::int64_t>()});
    }
    return tracks;
}

}  // namespace

void Store::create_account(const std::string& name, const std::string& key, const std::string& password_hash, Answer<std::int64_t> answer) {
    // Without this, an account that nobody knows of would keep the name.
    const auto undo = [this](std::int64_t account_id) { journal_->add(0, UnwantedAccount{account_id}); };
    ask_or_undo<std::int64_t>(
        *questions_, post_,
        [name, key, password_hash](pqxx::work& transaction) {
            const auto id = one_row(transaction, "INSERT INTO accounts (name, name_key, password_hash) VALUES ($1, $2, $3) RETURNING id",
                                    name, key, password_hash)[0]
                                .as<std::int64_t>();
            hold(transaction, Row::account, id);
            return id;
        },
        std::move(answer), undo);
}

void Store::find_account(const std::string& key, Answer<Account> answer) {
    ask<Account>(
        *questions_, post_,
        [key](pqxx::work& transaction) { return account_of(run(transaction, std::string(kSelectAccount) + "name_key = $1", key)); },
        std::move(answer));
}

void Store::find_account(std::int64_t id, Answer<Account> answer) {
    ask<Account>(
        *questions_, post_,
        [id](pqxx::work& transaction) { return account_of(run(transaction, std::string(kSelectAccount) + "id = $1", id)); },
        std::move(answer));
}

void Store::load_account_rooms(std::int64_t account_id, Answer<std::vector<AccountRoom>> answer) {
    ask<std::vector<AccountRoom>>(
        *questions_, post_,
        [account_id](pqxx::work& transaction) {
            std::vector<AccountRoom> rooms;
            for (const auto& row : run(transaction, kSelectRooms, account_id))
                rooms.push_back({row[0].as<std::int64_t>(), row[1].as<std::string>(), row[2].as<std::int64_t>()});
            return rooms;
        },
        std::move(answer));
}

void Store::add_favourite(std::int64_t account_id, KeptTrack track, Answer<bool> answer) {
    ask<bool>(
        *questions_, post_,
        [account_id, track = std::move(track)](pqxx::work& transaction) {
            const auto inserted =
                run(transaction, kInsertFavourite, account_id, track.link, track.title, track.artist, track.duration_ms, kKept);
            return inserted.affected_rows() > 0 ||
                   !run(transaction, "SELECT FROM favourites WHERE account_id = $1 AND link = $2", account_id, track.link).empty();
        },
        std::move(answer));
}

void Store::remove_favourite(std::int64_t account_id, const std::string& link, Answer<bool> answer) {
    ask<bool>(
        *questions_, post_,
        [account_id, link](pqxx::work& transaction) {
            return run(transaction, "DELETE FROM favourites WHERE account_id = $1 AND link = $2", account_id, link).affected_rows() > 0;
        },
        std::move(answer));
}

void Store::load_favourites(std::int64_t account_id, Answer<std::vector<KeptTrack>> answer) {
    ask<std::vector<KeptTrack>>(
        *questions_, post_, [account_id](pqxx::work& transaction) { return tracks_of(run(transaction, kSelectFavourites, account_id)); },
        std::move(answer));
}

void Store::load_heard(std::int64_t account_id, Answer<std::vector<KeptTrack>> answer) {
    const auto work = [account_id](pqxx::work& transaction) { return tracks_of(run(transaction, kSelectHeard, account_id, kKept)); };
    journal_->when_written(questions_->add_held(question_of<std::vector<KeptTrack>>(post_, work, std::move(answer))));
}

void Store::record_heard(std::int64_t room_id, const std::set<std::int64_t>& accounts, KeptTrack track) {
    if (!accounts.empty()) journal_->add(room_id, Heard{{accounts.begin(), accounts.end()}, std::move(track)});
}

}  // namespace musicspace::db
