// The part of the Store that ends the tokens of accounts before their time: by sign-outs, new passwords and deletion.

#include "db/ask.h"

namespace musicspace::db {

namespace {

constexpr const char* kEndAll =
    "INSERT INTO revocations (account_id, session_id, generation) VALUES ($1, 0, $2) ON CONFLICT (account_id, session_id) "
    "DO UPDATE SET generation = excluded.generation, revoked_at = now()";
constexpr const char* kEndOne =
    "INSERT INTO revocations (account_id, session_id) VALUES ($1, $2) ON CONFLICT (account_id, session_id) DO NOTHING";
constexpr const char* kForgetSessions = "DELETE FROM revocations WHERE account_id = $1 AND session_id <> 0";
constexpr const char* kCountSessions = "SELECT count(*) FROM revocations WHERE account_id = $1 AND session_id <> 0";
constexpr const char* kForgetOld = "DELETE FROM revocations WHERE revoked_at < now() - make_interval(secs => $1)";
constexpr const char* kSelectAll = "SELECT account_id, session_id, generation, extract(epoch FROM revoked_at)::bigint FROM revocations";

// Rows that ended single sessions are of no use once all sessions have ended.
void end_all(pqxx::work& transaction, std::int64_t account_id, std::int64_t generation) {
    run(transaction, kEndAll, account_id, generation);
    run(transaction, kForgetSessions, account_id);
}

std::int64_t next_generation(pqxx::work& transaction, std::int64_t account_id) {
    const auto rows = run(transaction, "UPDATE accounts SET generation = generation + 1 WHERE id = $1 RETURNING generation", account_id);
    if (rows.empty()) return 0;
    const auto generation = rows.front()[0].as<std::int64_t>();
    end_all(transaction, account_id, generation);
    return generation;
}

}  // namespace

void Store::set_password(std::int64_t account_id, const std::string& password_hash, Answer<std::int64_t> answer) {
    ask<std::int64_t>(
        *questions_, post_,
        [=](pqxx::work& transaction) {
            run(transaction, "UPDATE accounts SET password_hash = $2 WHERE id = $1", account_id, password_hash);
            return next_generation(transaction, account_id);
        },
        std::move(answer));
}

void Store::end_tokens(std::int64_t account_id, Answer<std::int64_t> answer) {
    ask<std::int64_t>(
        *questions_, post_, [=](pqxx::work& transaction) { return next_generation(transaction, account_id); }, std::move(answer));
}

void Store::end_session(std::int64_t account_id, std::int64_t session_id, Answer<std::int64_t> answer) {
    ask<std::int64_t>(
        *questions_, post_,
        [=](pqxx::work& transaction) -> std::int64_t {
            if (one_row(transaction, kCountSessions, account_id)[0].as<std::size_t>() >= kMostEndedSessions)
                return next_generation(transaction, account_id);
            run(transaction, kEndOne, account_id, session_id);
            return 0;
        },
        std::move(answer));
}

void Store::delete_account(std::int64_t account_id, Answer<bool> answer) {
    ask<bool>(
        *questions_, post_,
        [=](pqxx::work& transaction) {
            end_all(transaction, account_id, kNoGeneration);
            return run(transaction, "DELETE FROM accounts WHERE id = $1", account_id).affected_rows() > 0;
        },
        std::move(answer));
}

void Store::load_revocations(std::chrono::seconds age, Answer<std::vector<Revocation>> answer) {
    Question question = question_of<std::vector<Revocation>>(
        post_,
        [age](pqxx::work& transaction) {
            run(transaction, kStartingTimeout);
            run(transaction, kForgetOld, static_cast<double>(age.count()));
            std::vector<Revocation> all;
            for (const auto& row : run(transaction, kSelectAll))
                all.push_back({row[0].as<std::int64_t>(), row[1].as<std::int64_t>(), row[2].as<std::int64_t>(), row[3].as<std::int64_t>()});
            return all;
        },
        std::move(answer));
    question.patience = kStartingPatience;
    question.persistent = true;
    questions_->add(std::move(question));
}

}  // namespace musicspace::db
