#include "relay/http/accounts.h"

#include <algorithm>
#include <ctime>

#include "relay/auth/display_name.h"
#include "relay/http/account_answers.h"
#include "relay/json_text.h"

namespace musicspace::relay {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kAccessCookie = "musicspace_access";
constexpr std::string_view kRefreshCookie = "musicspace_refresh";

Problem wrong_sign_in() {
    return {403, "wrong-sign-in", "This does not fit",
            "There is no account with this name and password. Mind capital letters in the password."};
}

std::optional<Problem> refuse_new_password(const std::string& password) {
    if (password.size() >= kShortestPassword && password.size() <= kLongestPassword) return std::nullopt;
    return Problem{422, "bad-password", "This password cannot be used", "Choose a password of 8 to 128 bytes."};
}

std::string cookie_value(std::string_view header, std::string_view name) {
    while (!header.empty()) {
        const auto end = header.find(';');
        std::string_view pair = header.substr(0, end);
        while (pair.starts_with(' ')) pair.remove_prefix(1);
        if (pair.starts_with(name) && pair.size() > name.size() && pair[name.size()] == '=')
            return std::string(pair.substr(name.size() + 1));
        header.remove_prefix(end == std::string_view::npos ? header.size() : end + 1);
    }
    return {};
}

// HttpOnly: no script reads them. SameSite=Strict: no other site's page sends them.
std::string set_cookie(std::string_view name, const std::string& value, std::string_view path, std::chrono::seconds lifetime, bool secure) {
    std::string cookie(name);
    cookie.append("=").append(value).append("; Path=").append(path).append("; Max-Age=").append(std::to_string(lifetime.count()));
    return cookie.append("; HttpOnly; SameSite=Strict").append(secure ? "; Secure" : "");
}

// Done, and nobody is signed in here any more.
void part(const HttpRequest& request, const HttpReply& reply) {
    HttpResponse response = done_response();
    for (const auto& [name, path] : {std::pair(kAccessCookie, "/api"), std::pair(kRefreshCookie, "/api/session")})
        response.headers.emplace_back("Set-Cookie", set_cookie(name, "", path, std::chrono::seconds(0), request.over_https));
    reply(std::move(response));
}

AccountKey key_of(const AccountClaims& account) { return account_key(account.name, account.name); }

Json account_json(std::int64_t id, const std::string& name) { return {{"account", {{"id", std::to_string(id)}, {"name", name}}}}; }

bool wants_bearer(const Json& body) {
    const auto wish = body.is_object() ? body.find("bearer") : body.end();
    return wish != body.end() && *wish == true;
}

}  // namespace

std::optional<AccountClaims> Accounts::account_of(const HttpRequest& request) const {
    if (const auto bearer = bearer_of(request)) return tokens_.check_account(TokenUse::access, *bearer, std::time(nullptr));
    if (request.method != "GET" && !request.own_page) return std::nullopt;
    const std::string cookie = cookie_value(request.cookie, kAccessCookie);
    return cookie.empty() ? std::nullopt : tokens_.check_account(TokenUse::access, cookie, std::time(nullptr));
}

std::optional<AccountClaims> Accounts::account_or_reply(const HttpRequest& request, const HttpReply& reply) const {
    auto account = account_of(request);
    if (!account) reply(problem_response(signed_out()));
    return account;
}

void Accounts::welcome(int status, const HttpRequest& request, std::int64_t id, const std::string& name, bool bearer,
                       const HttpReply& reply) const {
    const std::int64_t now = std::time(nullptr);
    const std::string access = tokens_.issue_account(TokenUse::access, id, name, now);
    Json body = account_json(id, name);
    // A page's scripts never see a token; a program has no cookies.
    if (bearer) body["token"] = access;
    HttpResponse response = json_response(status, dumped(body));
    if (!bearer) {
        response.headers.emplace_back("Set-Cookie", set_cookie(kAccessCookie, access, "/api", Tokens::kAccessLifetime, request.over_https));
        response.headers.emplace_back("Set-Cookie", set_cookie(kRefreshCookie, tokens_.issue_account(TokenUse::refresh, id, name, now),
                                                               "/api/session", Tokens::kRefreshLifetime, request.over_https));
    }
    reply(std::move(response));
}

void Accounts::create(const HttpRequest& request, const HttpReply& reply) {
    const Json body = object_of(request.body);
    const std::string typed = text_of(body, "name");
    auto checked = check_name(typed);
    if (const auto* refusal = std::get_if<NameRefusal>(&checked)) {
        reply(problem_response({422, "bad-name", "This name cannot be used", refusal->detail}));
        return;
    }
    const std::string name = std::get<std::string>(checked);
    const AccountKey key = account_key(typed, name);
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
    const bool bearer = wants_bearer(body);
    make_account(request.address, name, key, password, reply,
                 [this, request, name, bearer, reply](std::int64_t id) { welcome(201, request, id, name, bearer, reply); });
}

void Accounts::make_account(const std::string& address, const std::string& name, const AccountKey& key, const std::string& password,
                            const HttpReply& reply, std::function<void(std::int64_t)> done) {
    const auto store = [this, name, key, reply, done = std::move(done)](const std::optional<std::string>& hash) {
        if (!hash) {
            reply(problem_response(hashing_busy()));
            return;
        }
        store_.create_account(name, key.key, *hash, [reply, done](const std::variant<std::int64_t, db::StoreError>& answer) {
            if (const auto* error = std::get_if<db::StoreError>(&answer)) {
                reply(problem_response(*error == db::StoreError::taken ? name_taken() : database_away()));
                return;
            }
            done(std::get<std::int64_t>(answer));
        });
    };
    // The database holds one account to one key, but for keys of before it knows no better.
    find_account(key, reply, [this, address, password, reply, store](const db::Account& account) {
        if (account.id != 0) {
            reply(problem_response(name_taken()));
        } else {
            passwords_.hash(address, password, store);
        }
    });
}

void Accounts::find_account(const AccountKey& key, const HttpReply& reply, std::function<void(const db::Account&)> done) {
    store_.find_account(key.older, or_away<db::Account>(reply, [this, key, reply, done = std::move(done)](const db::Account& account) {
                            if (account.id != 0 || key.older == key.key) {
                                done(account);
                            } else {
                                store_.find_account(key.key, or_away<db::Account>(reply, done));
                            }
                        }));
}

void Accounts::check_password(const AccountKey& key, const std::string& password, const HttpRequest& request, const HttpReply& reply,
                              std::function<void(const db::Account&)> done) {
    // Of one name, as all names that lead to one account lead to one key, and of one address whatever the name.
    const ServerTime now = ServerClock::now();
    auto wait = tries_.spend(request.address + "/" + key.key, 1, now);
    if (wait == AddressBudgets::Wait::zero() && !request.address.empty()) wait = all_tries_.spend(request.address, 1, now);
    if (wait != AddressBudgets::Wait::zero()) {
        reply(problem_response(
            {429, "too-many-tries", "Too many tries", "Many passwords were tried. Wait a little, then try again.", whole_seconds(wait)}));
        return;
    }
    if (password.size() > kLongestPassword) {
        reply(problem_response(wrong_sign_in()));
        return;
    }
    find_account(key, reply, [this, password, reply, address = request.address, done = std::move(done)](const db::Account& account) {
        passwords_.check(address, account.password_hash, password, [account, reply, done](Passwords::Checked checked) {
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
    const bool bearer = wants_bearer(body);
    const std::string typed = text_of(body, "name");
    const auto name = check_name(typed);
    if (std::holds_alternative<NameRefusal>(name)) {
        reply(problem_response(wrong_sign_in()));
        return;
    }
    check_password(
        account_key(typed, std::get<std::string>(name)), text_of(body, "password"), request, reply,
        [this, request, bearer, reply](const db::Account& account) { welcome(200, request, account.id, account.name, bearer, reply); });
}

void Accounts::show(const HttpRequest& request, const HttpReply& reply) {
    if (const auto account = account_or_reply(request, reply))
        reply(json_response(200, dumped(account_json(account->account_id, account->name))));
}

void Accounts::refresh(const HttpRequest& request, const HttpReply& reply) {
    const auto claims = request.own_page
                            ? tokens_.check_account(TokenUse::refresh, cookie_value(request.cookie, kRefreshCookie), std::time(nullptr))
                            : std::nullopt;
    if (!claims) {
        reply(problem_response(signed_out()));
        return;
    }
    store_.find_account(claims->account_id,
                        or_away<db::Account>(reply, [this, request, reply, claims = *claims](const db::Account& account) {
                            if (account.id == 0 || claims.issued_at < account.tokens_from) {
                                reply(problem_response(signed_out()));
                            } else {
                                welcome(200, request, account.id, account.name, false, reply);
                            }
                        }));
}

void Accounts::sign_out(const HttpRequest& request, const HttpReply& reply) { part(request, reply); }

void Accounts::sign_out_everywhere(const HttpRequest& request, const HttpReply& reply) {
    const auto account = account_or_reply(request, reply);
    if (!account) return;
    // From the next second on: a token is as old as its second.
    store_.end_tokens(account->account_id, std::time(nullptr) + 1, or_away<bool>(reply, [request, reply](bool) { part(request, reply); }));
}

void Accounts::change_password(const HttpRequest& request, const HttpReply& reply) {
    const auto account = account_or_reply(request, reply);
    if (!account) return;
    const Json body = object_of(request.body);
    const std::string next = text_of(body, "newPassword");
    if (const auto problem = refuse_new_password(next)) {
        reply(problem_response(*problem));
        return;
    }
    check_password(key_of(*account), text_of(body, "password"), request, reply, [this, next, request, reply](const db::Account& found) {
        passwords_.hash(request.address, next, [this, found, request, reply](const std::optional<std::string>& hash) {
            if (!hash) {
                reply(problem_response(hashing_busy()));
                return;
            }
            // Whoever else was signed in is not any more; this page is.
            store_.set_password(found.id, *hash, std::time(nullptr), or_away<bool>(reply, [this, found, request, reply](bool) {
                                    welcome(200, request, found.id, found.name, false, reply);
                                }));
        });
    });
}

void Accounts::remove(const HttpRequest& request, const HttpReply& reply) {
    const auto account = account_or_reply(request, reply);
    if (!account) return;
    check_password(key_of(*account), text_of(object_of(request.body), "password"), request, reply,
                   [this, request, reply](const db::Account& found) {
                       store_.delete_account(found.id, or_away<bool>(reply, [request, reply](bool) { part(request, reply); }));
                   });
}

}  // namespace musicspace::relay
