// The part of the Store that deals with how long rooms live, and with banned addresses.

#include "db/ask.h"

namespace musicspace::db {

namespace {

constexpr const char* kDeleteOver =
    "DELETE FROM rooms WHERE kept_by IS NULL AND emptied_at < now() - interval '1 s' * CASE WHEN used THEN $1::bigint ELSE $2::bigint END";
constexpr const char* kNobodyIsIn = "UPDATE rooms SET emptied_at = now() WHERE emptied_at IS NULL";
constexpr const char* kSelectLives = "SELECT id, used, coalesce(kept_by, 0), extract(epoch FROM now() - emptied_at)::bigint FROM rooms";

}  // namespace

void Store::begin(std::int64_t used_grace_seconds, std::int64_t unused_grace_seconds, Answer<Beginning> answer) {
    Question question = question_of<Beginning>(
        post_,
        [used_grace_seconds, unused_grace_seconds](pqxx::work& transaction) {
            run(transaction, kStartingTimeout);
            Beginning beginning;
            beginning.removed = run(transaction, kDeleteOver, used_grace_seconds, unused_grace_seconds).affected_rows();
            run(transaction, kNobodyIsIn);
            for (const auto& row : run(transaction, kSelectLives)) {
                beginning.lives[row[0].as<std::int64_t>()] = {row[1].as<bool>(), row[2].as<std::int64_t>(), row[3].as<std::int64_t>()};
            }
            for (const auto& row : run(transaction, "SELECT address FROM address_bans ORDER BY banned_at"))
                beginning.banned.push_back(row[0].as<std::string>());
            return beginning;
        },
        std::move(answer));
    question.patience = kStartingPatience;
    question.persistent = true;
    questions_->add(std::move(question));
}

void Store::save_ban(const std::string& address, Answer<bool> answer) {
    ask<bool>(
        *questions_, post_,
        [address](pqxx::work& transaction) {
            run(transaction, "INSERT INTO address_bans (address) VALUES ($1) ON CONFLICT DO NOTHING", address);
            return true;
        },
        std::move(answer));
}

void Store::remove_ban(const std::string& address, Answer<bool> answer) {
    ask<bool>(
        *questions_, post_,
        [address](pqxx::work& transaction) {
            return run(transaction, "DELETE FROM address_bans WHERE address = $1", address).affected_rows() > 0;
        },
        std::move(answer));
}

}  // namespace musicspace::db
