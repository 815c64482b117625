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
    /// Who sends a request: by its bearer token, or by its cookie. A refusal where those are no good (any more), or where a cookie comes
    /// with a request that changes something and that no page of this server sent: it is nobody's guest by mistake.
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
    /// The account, or 401.
    [[nodiscard]] std::optional<AccountClaims> account_or_reply(const HttpRequest& request, const HttpReply& reply) const;
    void make_account(const std::string& address, const std::string& name, const AccountKey& key, const std::string& password,
                      const HttpReply& reply, std::function<void(std::int64_t)> done);
    /// An id of 0: there is none.
    void find_account(const AccountKey& key, db::Answer<db::Account> answer);
    /// How long until a password of the account may be tried; zero: now, and that counts.
    [[nodiscard]] SignInTries::Wait take_try(const HttpRequest& request, const std::string& key);
    /// For an account that Postgres has found: where `password` is its own, `done` is called with it; else `reply` says why not.
    [[nodiscard]] db::Answer<db::Account> if_password(const HttpRequest& request, const std::string& password, const HttpReply& reply,
                                                      std::function<void(const db::Account&)> done);
    /// For the next generation of an account's tokens: those of earlier ones are void from now on, and `done` is called with it.
    [[nodiscard]] db::Answer<std::int64_t> end_all(std::int64_t account, const HttpReply& reply, std::function<void(std::int64_t)> done);
    /// The tracks that `load` finds, as `key`.
    void show_tracks(const HttpRequest& request, const HttpReply& reply, const char* key,
                     void (db::Store::*load)(std::int64_t, db::Answer<std::vector<db::KeptTrack>>));
    void welcome(int status, const HttpRequest& request, const AccountClaims& claims, bool bearer, const HttpReply& reply) const;

    const Services services_;
    SignInTries tries_;
    RateLimit<std::string> created_{10, std::chrono::hours(1)};
};

}  // namespace musicspace::relay
