#pragma once
// A question to Postgres, and its answer on the I/O thread. Used by the Store's own files only.

#include <memory>
#include <utility>

#include "db/lane.h"
#include "db/sql.h"

namespace musicspace::db {

// Runs `question` on a lane and brings its result, or why there is none, to the I/O thread.
template <typename T, typename Lane, typename Question>
void ask(Lane& lane, const Post& post, Question question, Answer<T> answer) {
    auto result = std::make_shared<T>();
    lane.add([question = std::move(question), result](pqxx::work& transaction) { *result = question(transaction); },
             [result, post, answer] { post([result, answer] { answer(std::move(*result)); }); },
             [post, answer](StoreError error) { post([answer, error] { answer(error); }); });
}

}  // namespace musicspace::db
