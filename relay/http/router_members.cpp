// The part of Router that deals with who is in rooms: opening and joining them, and their members.

#include <ctime>
#include <nlohmann/json.hpp>

#include "relay/http/room_answers.h"
#include "relay/http/router.h"
#include "relay/json_text.h"
#include "relay/key_file.h"
#include "relay/session/messages.h"

namespace musicspace::relay {

namespace {

using Json = nlohmann::json;

Problem room_full() {
    return {409, "room-full", "This room is full", "As many people listen here as this server allows. Try again when some have left."};
}

Problem wrong_password() { return {403, "wrong-password", "Wrong password", "This is not the room's password. Ask who invited you."}; }

Problem too_many_tries(AddressBudgets::Wait wait) {
    return {429, "too-many-tries", "Too many tries", "Many passwords were tried from your address. Wait a little.", whole_seconds(wait)};
}

Problem account_gone() { return {401, "signed-out", "Not signed in", "Your account is not there any more. Join without it."}; }

}  // namespace

HttpResponse Router::joined(Room& room, MemberId member, const Joining& joining) const {
    room.note_member(member, joining.name, joining.address);
    const std::string token = services_.tokens.issue({room.id(), member, room.code(), joining.name, joining.signed_in}, std::time(nullptr));
    HttpResponse response = json_response(201, joined_json(room.code(), token, member, joining.name));
    response.headers.emplace_back("Location", "/api/rooms/" + room.code());
    return response;
}

std::optional<Router::Joining> Router::joining_or_reply(const HttpRequest& request, const HttpReply& reply) const {
    auto parsed = parse_new_member(request.body);
    if (const auto* problem = std::get_if<Problem>(&parsed)) {
        reply(problem_response(*problem));
        return std::nullopt;
    }
    Accounts::Asker asker = accounts_.asker_of(request);
    if (auto* refused = std::get_if<HttpResponse>(&asker)) {
        reply(std::move(*refused));
        return std::nullopt;
    }
    auto& wanted = std::get<NewMember>(parsed);
    Joining joining{std::move(wanted.name), std::move(wanted.password), request.address, {}};
    if (const auto* account = std::get_if<AccountClaims>(&asker)) joining.signed_in = account->signed_in;
    return joining;
}

std::optional<Problem> Router::refuse_creation(const HttpRequest& request, const AccountSession& signed_in) {
    switch (services_.create) {
        case CreatePolicy::anyone:
            return std::nullopt;
        case CreatePolicy::accounts:
            if (signed_in.account != 0) return std::nullopt;
            return Problem{403, "account-needed", "An account is needed",
                           "On this server only people with an account create rooms. Sign in first."};
        case CreatePolicy::key:
            break;
    }
    const std::string key = text_of(object_of(request.body), "key");
    if (key.empty())
        return Problem{403, "key-needed", "A key is needed",
                       "On this server a key is needed to create rooms. Ask the people who run it for one."};
    const ServerTime now = ServerClock::now();
    const std::string address = request.address.empty() ? "this machine" : request.address;
    if (const auto wait = key_rate_.wait(address, 1, now); wait != AddressBudgets::Wait::zero())
        return Problem{429, "too-many-tries", "Too many tries", "Many keys were tried from your address. Wait a little.",
                       whole_seconds(wait)};
    if (equals_key(services_.create_key, key)) return std::nullopt;
    key_rate_.charge(address, 1, now);
    return Problem{403, "wrong-key", "Wrong key", "This is not the key for new rooms. Ask the people who run this server."};
}

void Router::create_account(const HttpRequest& request, const std::string& /*code*/, const HttpReply& reply) {
    if (services_.registration) {
        accounts_.create(request, reply);
        return;
    }
    reply(problem_response(
        {403, "registration-off", "No new accounts", "On this server accounts are made by the people who run it. Ask them."}));
}

void Router::create_room(const HttpRequest& request, const std::string& /*code*/, const HttpReply& reply) {
    const auto joining = joining_or_reply(request, reply);
    if (!joining) return;
    if (joining->password.size() > kLongestPassword) {
        reply(problem_response({422, "bad-password", "This password cannot be used", "A password may have 128 bytes at most."}));
        return;
    }
    if (const auto problem = refuse_creation(request, joining->signed_in)) {
        reply(problem_response(*problem));
        return;
    }
    if (const auto wait = services_.admission.take_room(request.address, ServerClock::now()); wait != AddressBudgets::Wait::zero()) {
        reply(problem_response({429, "too-many-rooms", "Too many rooms",
                                "Many rooms were created from your address within the last hour. Use one of them, or try again later.",
                                whole_seconds(wait)}));
        return;
    }
    if (joining->password.empty()) {
        open_room(*joining, {}, reply);
        return;
    }
    services_.passwords.hash(request.address, joining->password, [this, joining = *joining, reply](const std::optional<std::string>& hash) {
        if (hash) {
            open_room(joining, *hash, reply);
        } else {
            reply(problem_response(hashing_busy()));
        }
    });
}

void Router::open_room(const Joining& joining, const std::string& password_hash, const HttpReply& reply) {
    services_.directory.create({joining.name, joining.address, joining.signed_in.account, password_hash},
                               [this, joining, reply](auto result) {
                                   if (const auto* error = std::get_if<db::StoreError>(&result)) {
                                       reply(problem_response(store_problem(*error)));
                                       return;
                                   }
                                   const auto& created = std::get<RoomDirectory::Created>(result);
                                   reply(created.room ? joined(*created.room, created.member, joining) : problem_response(account_gone()));
                               });
}

void Router::add_member(const HttpRequest& request, const std::string& code, const HttpReply& reply) {
    const auto room = room_or_reply(request, code, reply);
    if (!room) return;
    const auto joining = joining_or_reply(request, reply);
    if (!joining) return;
    if (room->full()) {
        ++services_.metrics.listeners_refused;
        reply(problem_response(room_full()));
        return;
    }
    const ServerTime now = ServerClock::now();
    if (const auto wait = services_.budgets.take_member(request.address, room->id(), now); wait != AddressBudgets::Wait::zero()) {
        ++services_.metrics.members_refused;
        reply(
            problem_response({429, "too-many-members", "Too many people at once",
                              "Many people have joined from your address, or this room, within the last minutes. Try again a little later.",
                              whole_seconds(wait)}));
        return;
    }
    if (const Standing standing = room->state().standing_of(0, request.address); standing != Standing::welcome) {
        reply(problem_response(sent_away(standing)));
        return;
    }
    if (joining->signed_in.account == 0 || !room->state().closed()) {
        let_in(room, *joining, reply);
        return;
    }
    // An account that has been a member before needs neither the password nor an open lock: a host may have signed in anew.
    services_.store.find_membership(joining->signed_in.account, room->id(), [this, room, joining = *joining, reply](auto result) {
        if (const auto* error = std::get_if<db::StoreError>(&result)) {
            reply(problem_response(store_problem(*error)));
            return;
        }
        const MemberId member = std::get<std::int64_t>(result);
        if (member != 0 && room->state().standing_of(member, joining.address) == Standing::welcome) {
            reply(joined(*room, member, joining));
        } else {
            let_in(room, joining, reply);
        }
    });
}

// Lets a new member in, unless the room is locked, or has a password that is not the given one.
void Router::let_in(const std::shared_ptr<Room>& room, const Joining& joining, const HttpReply& reply) {
    const Settings& settings = room->state().settings;
    if (settings.locked) {
        reply(
            problem_response({403, "room-locked", "This room is locked", "The host lets nobody else in just now. Ask them to unlock it."}));
        return;
    }
    if (settings.password_hash.empty()) {
        admit(room, joining, 0, reply);
        return;
    }
    if (joining.password.empty()) {
        reply(problem_response({403, "password-needed", "This room has a password", "Ask who invited you for the room's password."}));
        return;
    }
    if (const auto wait = take_password_try(joining.address, room->code()); wait != AddressBudgets::Wait::zero()) {
        reply(problem_response(too_many_tries(wait)));
        return;
    }
    if (joining.password.size() > kLongestPassword) {
        reply(problem_response(wrong_password()));
        return;
    }
    services_.passwords.check(joining.address, settings.password_hash, joining.password,
                              [this, room, joining, reply](Passwords::Checked checked) {
                                  if (checked == Passwords::Checked::right) {
                                      admit(room, joining, 0, reply);
                                  } else {
                                      reply(problem_response(checked == Passwords::Checked::wrong ? wrong_password() : hashing_busy()));
                                  }
                              });
}

AddressBudgets::Wait Router::take_password_try(const std::string& address, const std::string& code) {
    const ServerTime now = ServerClock::now();
    const auto wait = address.empty() ? AddressBudgets::Wait::zero() : password_address_rate_.wait(address, 1, now);
    if (wait != AddressBudgets::Wait::zero()) return wait;
    const auto of_room = password_rate_.spend(address + "/" + code, 1, now);
    if (of_room == AddressBudgets::Wait::zero() && !address.empty()) password_address_rate_.charge(address, 1, now);
    return of_room;
}

// An account gets the member that it was before. Only if that one was removed, it gets a new one, without the earlier roles.
void Router::admit(const std::shared_ptr<Room>& room, const Joining& joining, MemberId in_place_of, const HttpReply& reply) {
    services_.store.add_member({room->id(), joining.name, joining.signed_in.account, in_place_of},
                               [this, room, joining, in_place_of, reply](auto result) {
                                   if (const auto* error = std::get_if<db::StoreError>(&result)) {
                                       reply(problem_response(store_problem(*error)));
                                       return;
                                   }
                                   const MemberId member = std::get<std::int64_t>(result);
                                   if (member == 0) {
                                       reply(problem_response(account_gone()));
                                       return;
                                   }
                                   const Standing standing = room->state().standing_of(member, joining.address);
                                   if (standing == Standing::removed && joining.signed_in.account != 0 && member != in_place_of) {
                                       admit(room, joining, member, reply);
                                   } else if (standing != Standing::welcome) {
                                       reply(problem_response(sent_away(standing)));
                                   } else {
                                       reply(joined(*room, member, joining));
                                   }
                               });
}

// Lists, for the host, the members that can be removed, including those who do not listen.
void Router::show_members(const HttpRequest& request, const std::string& code, const HttpReply& reply) {
    const auto room = room_or_reply(request, code, reply);
    if (!room) return;
    const auto claims = member_or_reply(request, *room, reply);
    if (!claims) return;
    const RoomState& state = room->state();
    if (state.role_of(claims->member_id) != Role::host) {
        reply(problem_response(relay::problem_of(Rejection{Refusal::not_allowed, "Only the host can do this here."})));
        return;
    }
    Json members = Json::array();
    for (const Admitted::Guest& guest : room->admitted().newest()) {
        if (state.standing_of(guest.id, {}) != Standing::welcome) continue;
        members.push_back({{"id", std::to_string(guest.id)},
                           {"name", guest.name},
                           {"role", name_of(state.role_of(guest.id))},
                           {"listening", room->roster().find(guest.id) != nullptr}});
    }
    reply(json_response(200, dumped({{"members", std::move(members)}})));
}

}  // namespace musicspace::relay
