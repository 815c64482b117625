// The part of Accounts that ends sign-ins: on one device, on all, by a new password, and by deleting the account.

#include <ctime>

#include "relay/http/account_answers.h"
#include "relay/http/account_cookies.h"
#include "relay/http/accounts.h"
#include "relay/json_text.h"

namespace musicspace::relay {

db::Answer<std::int64_t> Accounts::end_all(std::int64_t account, const HttpReply& reply, std::function<void(std::int64_t)> done) {
    return or_away<std::int64_t>(reply, [this, account, reply, done = std::move(done)](std::int64_t generation) {
        services_.revocations.end_account(account, generation == 0 ? db::kNoGeneration : generation, std::time(nullptr));
        services_.directory.end_sessions(services_.revocations);
        if (generation == 0) {
            reply(problem_response(signed_out()));
        } else {
            done(generation);
        }
    });
}

void Accounts::sign_out(const HttpRequest& request, const HttpReply& reply) {
    Asker asker = asker_of(request);
    auto* account = std::get_if<AccountClaims>(&asker);
    std::optional<AccountClaims> ending = account != nullptr ? std::optional(*account) : std::nullopt;
    if (const std::string cookie = cookie_value(request.cookie, kRefreshCookie); !ending && !cookie.empty() && request.own_page)
        ending = services_.tokens.check_account(TokenUse::refresh, cookie, std::time(nullptr));
    if (!ending) {
        auto* refused = std::get_if<HttpResponse>(&asker);
        const bool changes_nothing = refused == nullptr || refused->status == 401;
        reply(changes_nothing ? parting(request, done_response()) : std::move(*refused));
        return;
    }
    const auto [id, session, generation] = ending->signed_in;
    if (session == 0) {
        services_.store.end_tokens(id, end_all(id, reply, [request, reply](std::int64_t) { reply(parting(request, done_response())); }));
        return;
    }
    // This is done before Postgres answers, and whatever it answers: afterwards the person has no token left with which to try again.
    services_.revocations.end_session(id, session, std::time(nullptr));
    services_.directory.end_sessions(services_.revocations);
    services_.store.end_session(id, session, [this, id = id, request, reply](std::variant<std::int64_t, db::StoreError> answer) {
        if (std::holds_alternative<db::StoreError>(answer)) {
            reply(parting(request, problem_response(database_away())));
            return;
        }
        if (const auto next = std::get<std::int64_t>(answer); next != 0) {
            services_.revocations.end_account(id, next, std::time(nullptr));
            services_.directory.end_sessions(services_.revocations);
        }
        reply(parting(request, done_response()));
    });
}

void Accounts::sign_out_everywhere(const HttpRequest& request, const HttpReply& reply) {
    const auto account = account_or_reply(request, reply);
    if (!account) return;
    const std::int64_t id = account->signed_in.account;
    services_.store.end_tokens(id, end_all(id, reply, [request, reply](std::int64_t) { reply(parting(request, done_response())); }));
}

void Accounts::change_password(const HttpRequest& request, const HttpReply& reply) {
    const auto account = account_or_reply(request, reply);
    if (!account) return;
    const nlohmann::json body = object_of(request.body);
    const std::string next = text_of(body, "newPassword");
    if (const auto problem = refuse_new_password(next)) {
        reply(problem_response(*problem));
        return;
    }
    if (const auto wait = tries_.take_of_device(account->signed_in.session, ServerClock::now()); wait != SignInTries::Wait::zero()) {
        reply(problem_response(too_many_tries(wait)));
        return;
    }
    const bool bearer = wants_bearer(request, body);
    services_.store.find_account(
        account->signed_in.account,
        if_password(request, text_of(body, "password"), reply, [this, next, request, bearer, reply](const db::Account& found) {
            services_.passwords.hash(request.address, next, [this, found, request, bearer, reply](const std::optional<std::string>& hash) {
                if (!hash) {
                    reply(problem_response(hashing_busy()));
                    return;
                }
                // This ends every sign-in of the account; the one who asks is signed in anew.
                services_.store.set_password(
                    found.id, *hash, end_all(found.id, reply, [this, found, request, bearer, reply](std::int64_t generation) {
                        welcome(200, request, {{found.id, Tokens::new_session(), generation}, found.name}, bearer, reply);
                    }));
            });
        }));
}

void Accounts::remove(const HttpRequest& request, const HttpReply& reply) {
    const auto account = account_or_reply(request, reply);
    if (!account) return;
    if (const auto wait = tries_.take_of_device(account->signed_in.session, ServerClock::now()); wait != SignInTries::Wait::zero()) {
        reply(problem_response(too_many_tries(wait)));
        return;
    }
    const std::string password = text_of(object_of(request.body), "password");
    services_.store.find_account(
        account->signed_in.account, if_password(request, password, reply, [this, request, reply](const db::Account& found) {
            services_.store.delete_account(found.id, or_away<bool>(reply, [this, id = found.id, request, reply](bool) {
                                               services_.revocations.end_account(id, db::kNoGeneration, std::time(nullptr));
                                               services_.directory.end_sessions(services_.revocations);
                                               services_.directory.forget_account(id);
                                               HttpResponse response = parting(request, done_response());
                                               forget_cookie(response, kDeviceCookie, kSessionPath, request);
                                               reply(std::move(response));
                                           }));
        }));
}

}  // namespace musicspace::relay
