// The part of Accounts that the people who run the server use: accounts made for somebody, and passwords made anew.

#include "relay/auth/display_name.h"
#include "relay/http/account_answers.h"
#include "relay/http/accounts.h"
#include "relay/json_text.h"
#include "relay/key_file.h"

namespace musicspace::relay {

namespace {

constexpr std::size_t kPasswordLength = 14;

HttpResponse password_response(int status, const std::string& name, const std::string& password) {
    return json_response(status, dumped({{"name", name}, {"password", password}}));
}

Problem no_such_account() { return {404, "no-such-account", "No such account", "Nobody has an account with this name."}; }

}  // namespace

void Accounts::create_for(const std::string& typed, const HttpReply& reply) {
    auto checked = check_name(typed);
    if (const auto* refusal = std::get_if<NameRefusal>(&checked)) {
        reply(problem_response({422, "bad-name", "This name cannot be used", refusal->detail}));
        return;
    }
    const std::string name = std::get<std::string>(checked);
    const std::string password = random_key(kPasswordLength);
    make_account({}, name, account_key(typed, name), password, reply,
                 [name, password, reply](std::int64_t) { reply(password_response(201, name, password)); });
}

void Accounts::reset_password(const std::string& typed, const HttpReply& reply) {
    const auto name = check_name(typed);
    if (std::holds_alternative<NameRefusal>(name)) {
        reply(problem_response(no_such_account()));
        return;
    }
    find_account(account_key(typed, std::get<std::string>(name)), or_away<db::Account>(reply, [this, reply](const db::Account& account) {
                     if (account.id == 0) {
                         reply(problem_response(no_such_account()));
                         return;
                     }
                     const std::string password = random_key(kPasswordLength);
                     services_.passwords.hash({}, password, [this, account, password, reply](const std::optional<std::string>& hash) {
                         if (!hash) {
                             reply(problem_response(hashing_busy()));
                             return;
                         }
                         services_.store.set_password(account.id, *hash,
                                                      end_all(account.id, reply, [account, password, reply](std::int64_t) {
                                                          reply(password_response(200, account.name, password));
                                                      }));
                     });
                 }));
}

}  // namespace musicspace::relay
