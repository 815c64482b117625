#pragma once
// A question to Postgres, and its answer on the I/O thread. Used by the Store's own files only.

#include <memory>
#include <utility>

#include "db/question_lane.h"

namespace musicspace::db {

// Limits of the persistent questions without whose answers the server cannot start: its own patience, and what Postgres is set to.
inline constexpr auto kStartingPatience = std::chrono::seconds(30);
inline constexpr const char* kStartingTimeout = "SET LOCAL statement_timeout = '25s'; SET LOCAL lock_timeout = '25s'";

/// Makes a question of `work`, which takes the transaction on the lane's thread and returns a T. `post` brings that T, or the error, to
/// `answer` on the I/O thread.
template <typename T, typename Work>
[[nodiscard]] Question question_of(const Post& post, Work work, Answer<T> answer) {
    auto result = std::make_shared<T>();
    Question question;
    question.work = [work = std::move(work), result](pqxx::work& transaction) { *result = work(transaction); };
    question.answered = [result, post, answer] { post([result, answer] { answer(std::move(*result)); }); };
    question.failed = [post, answer](StoreError error) { post([answer, error] { answer(error); }); };
    return question;
}

/// Adds such a question to `lane`.
template <typename T, typename Work>
void ask(QuestionLane& lane, const Post& post, Work work, Answer<T> answer) {
    lane.add(question_of<T>(post, std::move(work), std::move(answer)));
}

/// Does the same, and calls `undo` with the result, on the lane's thread, when the work was committed too late to be answered, or when a
/// lost connection leaves it in doubt whether it was committed.
template <typename T, typename Work, typename Undo>
void ask_or_undo(QuestionLane& lane, const Post& post, Work work, Answer<T> answer, Undo undo) {
    auto made = std::make_shared<T>();
    const auto remembering = [work = std::move(work), made](pqxx::work& transaction) { return *made = work(transaction); };
    Question question = question_of<T>(post, remembering, std::move(answer));
    question.undo = [made, undo = std::move(undo)] { undo(*made); };
    lane.add(std::move(question));
}

}  // namespace musicspace::db
