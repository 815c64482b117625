#include "relay/http/accounts.h"

#include <ctime>

#include "relay/auth/display_name.h"
#include "relay/http/account_answers.h"
#include "relay/http/account_cookies.h"
#include "relay/json_text.h"

namespace musicspace::relay {

namespace {

using Json = nlohmann::json;

AccountKey key_of(const AccountClaims& claims) { return account_key(claims.name, claims.name); }

Json account_json(const AccountClaims& claims) {
    return {{"account", {{"id", std::to_string(claims.signed_in.account)}, {"name", claims.name}}}};
}

// Changes nothing.
bool only_reads(const HttpRequest& request) { return request.method == "GET" || request.method == "HEAD"; }

}  // namespace

Accounts::Asker Accounts::asker_of(const HttpRequest& request) const {
    const std::int64_t now = std::time(nullptr);
    if (const auto bearer = bearer_of(request)) {
        auto account = services_.tokens.check_account(TokenUse::access, *bearer, now);
        if (account) return *std::move(account);
        HttpResponse refused = problem_response(signed_out());
        refused.headers.emplace_back("WWW-Authenticate", "Bearer");
        return refused;
    }
    const std::string cookie = cookie_value(request.cookie, kAccessCookie);
    if (cookie.empty()) return Guest{};
    if (!only_reads(request) && !request.own_page) return problem_response(foreign_cookie());
    auto account = services_.tokens.check_account(TokenUse::access, cookie, now);
    if (account) return *std::move(account);
    HttpResponse refused = problem_response(signed_out());
    forget_cookie(refused, kAccessCookie, kAccessPath, request);
    return refused;
}

std::optional<AccountClaims> Accounts::account_or_reply(const HttpRequest& request, const HttpReply& reply) const {
    Asker asker = asker_of(request);
    if (auto* account = std::get_if<AccountClaims>(&asker)) return std::move(*account);
    auto* refused = std::get_if<HttpResponse>(&asker);
    reply(refused != nullptr ? std::move(*refused) : problem_response(signed_out()));
    return std::nullopt;
}

void Accounts::welcome(int status, const HttpRequest& request, const AccountClaims& claims, bool bearer, const HttpReply& reply) const {
    const auto issue = [&](TokenUse use) { return services_.tokens.issue_account(use, claims, std::time(nullptr)); };
    Json body = account_json(claims);
    // A page's scripts never see a token; a program has no cookies.
    if (bearer) body["token"] = issue(TokenUse::access);
    HttpResponse response = json_response(status, dumped(body));
    const auto keep = [&](std::string_view name, TokenUse use, std::string_view path, std::chrono::seconds lifetime) {
        response.headers.emplace_back("Set-Cookie", set_cookie(name, issue(use), path, lifetime, request.over_https));
    };
    if (!bearer) {
        keep(kAccessCookie, TokenUse::access, kAccessPath, Tokens::kAccessLifetime);
        keep(kRefreshCookie, TokenUse::refresh, kSessionPath, Tokens::kRefreshLifetime);
        keep(kDeviceCookie, TokenUse::device, kSessionPath, Tokens::kDeviceLifetime);
    }
    reply(std::move(response));
}

void Accounts::create(const HttpRequest& request, const HttpReply& reply) {
    const Json body = object_of(request.body);
    auto checked = check_name(text_of(body, "name"));
    if (const auto* refusal = std::get_if<NameRefusal>(&checked)) {
        reply(problem_response({422, "bad-name", "This name cannot be used", refusal->detail}));
        return;
    }
    const std::string name = std::get<std::string>(checked);
    const std::string password = text_of(body, "password");
    if (const auto problem = refuse_new_password(password)) {
        reply(problem_response(*problem));
        return;
    }
    const auto wait = request.address.empty() ? AddressBudgets::Wait::zero() : created_.spend(request.address, 1, ServerClock::now());
    if (wait != AddressBudgets::Wait::zero()) {
        reply(problem_response({429, "too-many-accounts", "Too many accounts",
                                "Many accounts were made from your address within the last hour. Try again later.", whole_seconds(wait)}));
        return;
    }
    const bool bearer = wants_bearer(request, body);
    make_account(request.address, name, account_key(text_of(body, "name"), name), password, reply,
                 [this, request, name, bearer, reply](std::int64_t id) {
                     welcome(201, request, {{id, Tokens::new_session(), 0}, name}, bearer, reply);
                 });
}

// The database has one account for each key, but does not see that an account under an older key may be the same: those are looked up
// first.
void Accounts::make_account(const std::string& address, const std::string& name, const AccountKey& key, const std::string& password,
                            const HttpReply& reply, std::function<void(std::int64_t)> done) {
    const auto store = [this, name, key, reply, done = std::move(done)](const std::optional<std::string>& hash) {
        if (!hash) {
            reply(problem_response(hashing_busy()));
            return;
        }
        services_.store.create_account(name, key.key, *hash, [reply, done](const std::variant<std::int64_t, db::StoreError>& answer) {
            if (const auto* error = std::get_if<db::StoreError>(&answer)) {
                reply(problem_response(*error == db::StoreError::taken ? name_taken() : database_away()));
                return;
            }
            done(std::get<std::int64_t>(answer));
        });
    };
    find_account(key, or_away<db::Account>(reply, [this, address, password, reply, store](const db::Account& account) {
                     if (account.id != 0) {
                         reply(problem_response(name_taken()));
                     } else {
                         services_.passwords.hash(address, password, store);
                     }
                 }));
}

void Accounts::find_account(const AccountKey& key, db::Answer<db::Account> answer) {
    services_.store.find_account(key.older, [this, key, answer = std::move(answer)](std::variant<db::Account, db::StoreError> found) {
        const auto* account = std::get_if<db::Account>(&found);
        if (account != nullptr && account->id == 0 && key.older != key.key) {
            services_.store.find_account(key.key, answer);
        } else {
            answer(std::move(found));
        }
    });
}

SignInTries::Wait Accounts::take_try(const HttpRequest& request, const std::string& key) {
    const auto device = services_.tokens.check_account(TokenUse::device, cookie_value(request.cookie, kDeviceCookie), std::time(nullptr));
    const ServerTime now = ServerClock::now();
    if (device && key_of(*device).key == key) return tries_.take_of_device(device->signed_in.session, now);
    return tries_.take(request.address, key, now);
}

db::Answer<db::Account> Accounts::if_password(const HttpRequest& request, const std::string& password, const HttpReply& reply,
                                              std::function<void(const db::Account&)> done) {
    return or_away<db::Account>(
        reply, [this, address = request.address, password, reply, done = std::move(done)](const db::Account& account) {
            if (password.size() > kLongestPassword) {
                reply(problem_response(wrong_sign_in()));
                return;
            }
            services_.passwords.check(address, account.password_hash, password, [account, reply, done](Passwords::Checked checked) {
                if (checked == Passwords::Checked::right) {
                    done(account);
                } else {
                    reply(problem_response(checked == Passwords::Checked::wrong ? wrong_sign_in() : hashing_busy()));
                }
            });
        });
}

void Accounts::sign_in(const HttpRequest& request, const HttpReply& reply) {
    const Json body = object_of(request.body);
    const bool bearer = wants_bearer(request, body);
    const std::string password = text_of(body, "password");
    const std::string typed = text_of(body, "name");
    const auto name = check_name(typed);
    // No account can have such a name or password, so this is no try that would have to be counted.
    if (std::holds_alternative<NameRefusal>(name) || password.size() > kLongestPassword) {
        reply(problem_response(wrong_sign_in()));
        return;
    }
    const AccountKey key = account_key(typed, std::get<std::string>(name));
    if (const auto wait = take_try(request, key.key); wait != SignInTries::Wait::zero()) {
        reply(problem_response(too_many_tries(wait)));
        return;
    }
    find_account(key, if_password(request, password, reply, [this, request, bearer, reply](const db::Account& account) {
                     const AccountClaims claims{{account.id, Tokens::new_session(), account.generation}, account.name};
                     welcome(200, request, claims, bearer, reply);
                 }));
}

void Accounts::show(const HttpRequest& request, const HttpReply& reply) {
    if (const auto account = account_or_reply(request, reply)) reply(json_response(200, dumped(account_json(*account))));
}

void Accounts::refresh(const HttpRequest& request, const HttpReply& reply) {
    const std::string cookie = cookie_value(request.cookie, kRefreshCookie);
    if (!cookie.empty() && !request.own_page) {
        reply(problem_response(foreign_cookie()));
        return;
    }
    const auto claims = services_.tokens.check_account(TokenUse::refresh, cookie, std::time(nullptr));
    if (!claims) {
        reply(parting(request, problem_response(signed_out())));
        return;
    }
    services_.store.find_account(claims->signed_in.account,
                                 or_away<db::Account>(reply, [this, request, reply, claims = *claims](const db::Account& account) {
                                     if (account.id == 0 || claims.signed_in.generation < account.generation) {
                                         reply(parting(request, problem_response(signed_out())));
                                     } else {
                                         welcome(200, request, claims, false, reply);
                                     }
                                 }));
}

}  // namespace musicspace::relay
