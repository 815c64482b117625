#pragma once
// Answers that the calls of accounts have in common. Used by Accounts' own files only.

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <variant>

#include "db/store.h"
#include "relay/address_budgets.h"
#include "relay/auth/passwords.h"
#include "relay/auth/sign_in_tries.h"
#include "relay/http/messages.h"

namespace musicspace::relay {

[[nodiscard]] inline Problem signed_out() { return {401, "signed-out", "Not signed in", "Sign in first."}; }

[[nodiscard]] inline Problem name_taken() {
    return {409, "name-taken", "This name is taken", "Somebody has this name already. Choose another, or sign in."};
}

[[nodiscard]] inline HttpResponse done_response() { return json_response(200, R"({"ok":true})"); }

[[nodiscard]] inline Problem wrong_sign_in() {
    return {403, "wrong-sign-in", "This does not fit",
            "There is no account with this name and password. Mind capital letters in the password."};
}

[[nodiscard]] inline Problem too_many_tries(SignInTries::Wait wait) {
    return {429, "too-many-tries", "Too many tries", "Many passwords were tried for this name, or from your address. Wait a little.",
            whole_seconds(wait)};
}

[[nodiscard]] inline std::optional<Problem> refuse_new_password(const std::string& password) {
    if (password.size() >= kShortestPassword && password.size() <= kLongestPassword) return std::nullopt;
    return Problem{422, "bad-password", "This password cannot be used", "Choose a password of 8 to 128 bytes."};
}

/// A program that sends a bearer token has no use for cookies.
[[nodiscard]] inline bool wants_bearer(const HttpRequest& request, const nlohmann::json& body) {
    const auto wish = body.is_object() ? body.find("bearer") : body.end();
    return bearer_of(request) || (wish != body.end() && *wish == true);
}

/// A request that changes something came with a page's cookie, but from no page of this server.
[[nodiscard]] inline Problem foreign_cookie() {
    return {403, "wrong-origin", "Another site's page",
            "A cookie counts only where a page of this server sends it (Origin). A program signs in with \"bearer\": true."};
}

/// An Answer that passes the result of Postgres on to `done`, and errors to `reply`: that Postgres is away, or that the account is gone.
template <typename T>
[[nodiscard]] db::Answer<T> or_away(const HttpReply& reply, std::function<void(T)> done) {
    return [reply, done = std::move(done)](std::variant<T, db::StoreError> answer) {
        if (const auto* error = std::get_if<db::StoreError>(&answer)) {
            // no_such_room means here that the account is gone: the rows of accounts refer to nothing else that can be deleted.
            reply(problem_response(*error == db::StoreError::no_such_room ? signed_out() : database_away()));
        } else {
            done(std::get<T>(std::move(answer)));
        }
    };
}

}  // namespace musicspace::relay
