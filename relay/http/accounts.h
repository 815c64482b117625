#pragma once
// The REST calls of accounts: signing in and out, and what an account keeps. Owned by the Router; I/O thread.

#include <optional>
#include <string>

#include "db/store.h"
#include "relay/address_budgets.h"
#include "relay/auth/display_name.h"
#include "relay/auth/passwords.h"
#include "relay/auth/tokens.h"
#include "relay/http/messages.h"

namespace musicspace::relay {

class Accounts {
public:
    Accounts(db::Store& store, const Tokens& tokens, Passwords& passwords) : store_(store), tokens_(tokens), passwords_(passwords) {}

    /// Who sends a request: by its bearer token, or by its cookie where a page of this server sent it, or nothing is changed. Nothing: a
    /// guest.
    [[nodiscard]] std::optional<AccountClaims> account_of(const HttpRequest& request) const;

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
    /// The account and `password` of the body fit: `done` is called with it; else `reply` says why not.
    /// `done` gets the new account's id.
    void make_account(const std::string& address, const std::string& name, const AccountKey& key, const std::string& password,
                      const HttpReply& reply, std::function<void(std::int64_t)> done);
    /// `done` gets an account without an id when there is none.
    void find_account(const AccountKey& key, const HttpReply& reply, std::function<void(const db::Account&)> done);
    void check_password(const AccountKey& key, const std::string& password, const HttpRequest& request, const HttpReply& reply,
                        std::function<void(const db::Account&)> done);
    /// The tracks that `load` finds, as `key`.
    void show_tracks(const HttpRequest& request, const HttpReply& reply, const char* key,
                     void (db::Store::*load)(std::int64_t, db::Answer<std::vector<db::KeptTrack>>));
    void welcome(int status, const HttpRequest& request, std::int64_t id, const std::string& name, bool bearer,
                 const HttpReply& reply) const;

    db::Store& store_;
    const Tokens& tokens_;
    Passwords& passwords_;
    RateLimit<std::string> tries_{10, std::chrono::minutes(1)};
    RateLimit<std::string> all_tries_{60, std::chrono::minutes(1)};
    RateLimit<std::string> created_{10, std::chrono::hours(1)};
};

}  // namespace musicspace::relay
