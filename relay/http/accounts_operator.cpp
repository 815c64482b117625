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

}  // namespace

void Accounts::create_for(const std::string& typed, const HttpReply& reply) {
    auto checked = check_name(typed);
    if (const auto* refusal = std::get_if<NameRefusal>(&checked)) {
        reply(problem_response({422, "bad-name", "This name cannot be used", refusal->detail}));
        return;
    }
    const std::string name = std::get<std::string>(checked);
    const std::string password = random_key(kPasswordLength);
    services_.passwords.hash({}, password, [this, name, password, reply](const std::optional<std::string>& hash) {
        if (!hash) {
            reply(problem_response(hashing_busy()));
            return;
        }
        services_.store.create_account(name, account_key(name), *hash,
                                       [name, password, reply](const std::variant<std::int64_t, db::StoreError>& answer) {
                                           if (const auto* error = std::get_if<db::StoreError>(&answer)) {
                                               reply(problem_response(*error == db::StoreError::taken ? name_taken() : database_away()));
                                               return;
                                           }
                                           reply(password_response(201, name, password));
                                       });
    });
}

void Accounts::reset_password(const std::string& name, const HttpReply& reply) {
    services_.store.find_account(
        account_key(name), or_away<db::Account>(reply, [this, reply](const db::Account& account) {
            if (account.id == 0) {
                reply(problem_response({404, "no-such-account", "No such account", "Nobody has an account with this name."}));
                return;
            }
            const std::string password = random_key(kPasswordLength);
            services_.passwords.hash({}, password, [this, account, password, reply](const std::optional<std::string>& hash) {
                if (!hash) {
                    reply(problem_response(hashing_busy()));
                    return;
                }
                services_.store.set_password(account.id, *hash, end_all(account.id, reply, [account, password, reply](std::int64_t) {
                                                 reply(password_response(200, account.name, password));
                                             }));
            });
        }));
}

}  // namespace musicspace::relay
