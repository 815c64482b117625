#pragma once
// The REST calls of accounts: signing in and out, and what an account keeps. Owned by the Router; I/O thread.

#include <optional>
#include <string>
#include <variant>

#include "db/store.h"
#include "relay/address_budgets.h"
#include "relay/auth/display_name.h"
#include "relay/auth/passwords.h"
#include "relay/auth/sign_in_tries.h"
#include "relay/auth/tokens.h"
#include "relay/http/messages.h"
#include "relay/rate_limit.h"
#include "relay/room/room_directory.h"

namespace musicspace::relay {

class Accounts {
public:
    struct Services {
        db::Store& store;
        const Tokens& tokens;
        Passwords& passwords;
        Revocations& revocations;
        RoomDirectory& directory;
    };

    explicit Accounts(const Services& services) : services_(services) {}

    struct Guest {};
    using Asker = std::variant<Guest, AccountClaims, HttpResponse>;
    /// Whose request this is, by its bearer token or its cookie: a guest's when it has neither. A refusal when the token or cookie is not
    /// valid (any more), or when a cookie comes with a request that changes something and was not sent by a page of this server. (Such a
    /// request is not treated as a guest's: a room opened so would belong to a stranger.)
    [[nodiscard]] Asker asker_of(const HttpRequest& request) const;

    void create(const HttpRequest& request, const HttpReply& reply);
    void sign_in(const HttpRequest& request, const HttpReply& reply);
    void show(const HttpRequest& request, const HttpReply& reply);
    void refresh(const HttpRequest& request, const HttpReply& reply);
    void sign_out(const HttpRequest& request, const HttpReply& reply);
    void sign_out_everywhere(const HttpRequest& request, const HttpReply& reply);
    void change_password(const HttpRequest& request, const HttpReply& reply);
    void remove(const HttpRequest& request, const HttpReply& reply);
    void show_rooms(const HttpRequest& request, const HttpReply& reply);
    void show_heard(const HttpRequest& request, const HttpReply& reply);
    void show_favourites(const HttpRequest& request, const HttpReply& reply);
    void add_favourite(const HttpRequest& request, const HttpReply& reply);
    void remove_favourite(const HttpRequest& request, const HttpReply& reply);

    // accounts_operator.cpp: for the people who run the server
    void create_for(const std::string& typed, const HttpReply& reply);
    void reset_password(const std::string& name, const HttpReply& reply);

private:
    /// The account of a request; without one it replies with a refusal, and returns nothing.
    [[nodiscard]] std::optional<AccountClaims> account_or_reply(const HttpRequest& request, const HttpReply& reply) const;
    void make_account(const std::string& address, const std::string& name, const AccountKey& key, const std::string& password,
                      const HttpReply& reply, std::function<void(std::int64_t)> done);
    /// Looks for an account under its older key first. The answer's id is 0 when there is none.
    void find_account(const AccountKey& key, db::Answer<db::Account> answer);
    /// How long to wait before the next try of a password of this account; zero: this try is allowed, and has been counted.
    [[nodiscard]] SignInTries::Wait take_try(const HttpRequest& request, const std::string& key);
    /// An Answer that takes the account that Postgres has found, and passes it on to `done` if `password` is right; else it replies with
    /// the reason.
    [[nodiscard]] db::Answer<db::Account> if_password(const HttpRequest& request, const std::string& password, const HttpReply& reply,
                                                      std::function<void(const db::Account&)> done);
    /// An Answer that takes the next generation of an account's tokens, makes the earlier ones void here, and passes it on to `done`.
    [[nodiscard]] db::Answer<std::int64_t> end_all(std::int64_t account, const HttpReply& reply, std::function<void(std::int64_t)> done);
    /// Replies with the tracks that `load` finds, as the member `key` of a JSON object.
    void show_tracks(const HttpRequest& request, const HttpReply& reply, const char* key,
                     void (db::Store::*load)(std::int64_t, db::Answer<std::vector<db::KeptTrack>>));
    void welcome(int status, const HttpRequest& request, const AccountClaims& claims, bool bearer, const HttpReply& reply) const;

    const Services services_;
    SignInTries tries_;
    RateLimit<std::string> created_{10, std::chrono::hours(1)};
};

}  // namespace musicspace::relay
