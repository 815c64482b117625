#pragma once
// A question to Postgres, and its answer on the I/O thread. Used by the Store's own files only.

#include <memory>
#include <utility>

#include "db/question_lane.h"

namespace musicspace::db {

// Of what the server cannot start without: its questions are persistent.
inline constexpr auto kStartingPatience = std::chrono::seconds(30);
inline constexpr const char* kStartingTimeout = "SET LOCAL statement_timeout = '25s'; SET LOCAL lock_timeout = '25s'";

/// A question whose result, or why there is none, goes to `answer` on the I/O thread.
template <typename T, typename Work>
[[nodiscard]] Question question_of(const Post& post, Work work, Answer<T> answer) {
    auto result = std::make_shared<T>();
    Question question;
    question.work = [work = std::move(work), result](pqxx::work& transaction) { *result = work(transaction); };
    question.answered = [result, post, answer] { post([result, answer] { answer(std::move(*result)); }); };
    question.failed = [post, answer](StoreError error) { post([answer, error] { answer(error); }); };
    return question;
}

template <typename T, typename Work>
void ask(QuestionLane& lane, const Post& post, Work work, Answer<T> answer) {
    lane.add(question_of<T>(post, std::move(work), std::move(answer)));
}

/// `undo` takes a result that was committed too late for its answer; on the lane's thread.
template <typename T, typename Work, typename Undo>
void ask_or_undo(QuestionLane& lane, const Post& post, Work work, Answer<T> answer, Undo undo) {
    auto made = std::make_shared<T>();
    const auto remembering = [work = std::move(work), made](pqxx::work& transaction) { return *made = work(transaction); };
    Question question = question_of<T>(post, remembering, std::move(answer));
    question.undo = [made, undo = std::move(undo)] { undo(*made); };
    lane.add(std::move(question));
}

}  // namespace musicspace::db
