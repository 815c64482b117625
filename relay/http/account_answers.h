#pragma once
// Answers that the calls of accounts have in common. Used by Accounts' own files only.

#include <functional>
#include <variant>

#include "db/store.h"
#include "relay/http/messages.h"

namespace musicspace::relay {

[[nodiscard]] inline Problem signed_out() { return {401, "signed-out", "Not signed in", "Sign in first."}; }

[[nodiscard]] inline Problem name_taken() {
    return {409, "name-taken", "This name is taken", "Somebody has this name already. Choose another, or sign in."};
}

[[nodiscard]] inline HttpResponse done_response() { return json_response(200, R"({"ok":true})"); }

/// What Postgres answers goes to `done`; that it is away, to `reply`.
template <typename T>
[[nodiscard]] db::Answer<T> or_away(const HttpReply& reply, std::function<void(T)> done) {
    return [reply, done = std::move(done)](std::variant<T, db::StoreError> answer) {
        if (std::holds_alternative<db::StoreError>(answer)) {
            reply(problem_response(database_away()));
        } else {
            done(std::get<T>(std::move(answer)));
        }
    };
}

}  // namespace musicspace::relay
