// The part of Router that deals with rooms: creating and joining them, what is in them, and commands.

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/url/encode.hpp>
#include <boost/url/encoding_opts.hpp>
#include <boost/url/parse_query.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <charconv>
#include <ctime>
#include <optional>

#include "relay/base/text.h"
#include "relay/http/router.h"
#include "relay/json_text.h"
#include "relay/key_file.h"
#include "relay/room/room_code.h"
#include "relay/session/messages.h"

namespace musicspace::relay {

namespace {

Problem no_such_room() {
    return {404, "no-such-room", "No such room", "There is no room with this code. Check it, or ask for a new invitation."};
}

Problem room_full() {
    return {409, "room-full", "This room is full", "As many people listen here as this server allows. Try again when some have left."};
}

Problem too_many_codes(AddressBudgets::Wait wait) {
    return {429, "too-many-codes", "Too many room codes",
            "Many codes were tried from your address, and no room has them. Wait a little, then check the code and try again.",
            whole_seconds(wait)};
}

Problem too_fast(AddressBudgets::Wait wait) {
    return {429, "too-fast", "Too fast", "Much is asked for from your address. Wait a moment, then try again.", whole_seconds(wait)};
}

Problem store_problem(db::StoreError error) {
    if (error == db::StoreError::no_such_room) return no_such_room();
    return database_away();
}

Problem banned() { return {403, "banned", "Banned from this room", "The host has banned you from this room."}; }

Problem wrong_password() { return {403, "wrong-password", "Wrong password", "This is not the room's password. Ask who invited you."}; }

HttpResponse picture_response(const std::shared_ptr<const transcoder::Artwork>& artwork) {
    return {
        200, artwork->type, std::shared_ptr<const std::string>(artwork, &artwork->bytes), {{"Cache-Control", "private, max-age=86400"}}};
}

// Empty when there is none, or when it is malformed.
std::string query_value(const std::string& query, std::string_view key) {
    const auto parsed = boost::urls::parse_query(query);
    if (!parsed) return {};
    for (const auto& param : *parsed) {
        if (param.key == key && param.has_value) return boost::urls::pct_string_view(param.value).decode(boost::urls::encoding_opts(true));
    }
    return {};
}

// 0 when it is none.
std::int64_t number_of(const std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

}  // namespace

HttpResponse Router::joined(const Room& room, MemberId member, const std::string& name, std::int64_t account) const {
    if (account != 0) services_.store.link_room(account, room.id(), member);
    const std::string token = services_.tokens.issue({room.id(), member, room.code(), name, account}, std::time(nullptr));
    HttpResponse response = json_response(201, joined_json(room.code(), token, member, name));
    response.headers.emplace_back("Location", "/api/rooms/" + room.code());
    return response;
}

std::optional<Problem> Router::refuse_creation(const HttpRequest& request) {
    switch (services_.create) {
        case CreatePolicy::anyone:
            return std::nullopt;
        case CreatePolicy::accounts:
            if (account_id(request) != 0) return std::nullopt;
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
    auto name = parse_new_member(request.body);
    if (const auto* problem = std::get_if<Problem>(&name)) {
        reply(problem_response(*problem));
        return;
    }
    if (const auto problem = refuse_creation(request)) {
        reply(problem_response(*problem));
        return;
    }
    if (const auto wait = services_.admission.take_room(request.address, ServerClock::now()); wait != AddressBudgets::Wait::zero()) {
        reply(problem_response({429, "too-many-rooms", "Too many rooms",
                                "Many rooms were created from your address within the last hour. Use one of them, or try again later.",
                                whole_seconds(wait)}));
        return;
    }
    services_.directory.create(std::get<NewMember>(name).name, request.address,
                               [this, reply, name = std::get<NewMember>(name).name, account = account_id(request)](auto result) {
                                   if (const auto* error = std::get_if<db::StoreError>(&result)) {
                                       reply(problem_response(store_problem(*error)));
                                       return;
                                   }
                                   const auto& created = std::get<RoomDirectory::Created>(result);
                                   reply(joined(*created.room, created.member, name, account));
                               });
}

bool Router::is_member(const HttpRequest& request, const Room& room) const {
    TokenFault fault{};
    const auto token = bearer_of(request);
    const auto claims = token ? services_.tokens.check(*token, std::time(nullptr), fault) : std::nullopt;
    return claims && claims->room_id == room.id();
}

// Whoever has tried many codes that lead nowhere learns of no other for a while, whether it leads somewhere or not, except as a member.
std::shared_ptr<Room> Router::room_or_reply(const HttpRequest& request, const std::string& text, const HttpReply& reply) const {
    const ServerTime now = ServerClock::now();
    const auto code = parse_code(text);
    auto room = code ? services_.directory.find(*code) : nullptr;
    const auto wait = services_.budgets.code_wait(request.address, now);
    if (wait != AddressBudgets::Wait::zero() && (!room || !is_member(request, *room))) {
        ++services_.metrics.codes_refused;
        reply(problem_response(too_many_codes(wait)));
        return nullptr;
    }
    if (room) return room;
    services_.budgets.charge_code(request.address, now);
    reply(problem_response(no_such_room()));
    return nullptr;
}

// Who has the code may look, unless the room has a password: then only who is a member.
void Router::show_room(const HttpRequest& request, const std::string& code, const HttpReply& reply) {
    const auto room = room_or_reply(request, code, reply);
    if (!room || (!room->state().settings.password_hash.empty() && !member_or_reply(request, *room, reply))) return;
    const ServerTime now = ServerClock::now();
    // Asked before anything is written out: a long queue takes milliseconds.
    if (const auto wait = services_.budgets.take_answer(request.address, room->json_bytes(), now); wait != AddressBudgets::Wait::zero()) {
        reply(problem_response(too_fast(wait)));
        return;
    }
    reply(json_response(200, room->json(now)));
}

void Router::show_artwork(const HttpRequest& request, const std::string& code, const HttpReply& reply) {
    const auto room = room_or_reply(request, code, reply);
    if (!room) return;
    const auto artwork = room->artwork();
    const auto& playing = room->state().now_playing;
    if (!artwork || !playing || !playing->artwork.ends_with("?" + request.query)) {
        reply(problem_response(
            {404, "no-artwork", "No picture", "What plays in this room has no such picture: the room's state tells its address."}));
        return;
    }
    reply(picture_response(artwork));
}

void Router::add_member(const HttpRequest& request, const std::string& code, const HttpReply& reply) {
    const auto room = room_or_reply(request, code, reply);
    if (!room) return;
    auto name = parse_new_member(request.body);
    if (const auto* problem = std::get_if<Problem>(&name)) {
        reply(problem_response(*problem));
        return;
    }
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
    const auto& [wished, password] = std::get<NewMember>(name);
    const RoomState& state = room->state();
    if (state.shuts_out(0, request.address)) {
        reply(problem_response(banned()));
        return;
    }
    if (state.settings.locked) {
        reply(
            problem_response({403, "room-locked", "This room is locked", "The host lets nobody else in just now. Ask them to unlock it."}));
        return;
    }
    if (state.settings.password_hash.empty()) {
        admit(room, wished, account_id(request), reply);
        return;
    }
    if (password.empty()) {
        reply(problem_response({403, "password-needed", "This room has a password", "Ask who invited you for the room's password."}));
        return;
    }
    if (const auto wait = password_rate_.spend(request.address + "/" + room->code(), 1, now); wait != AddressBudgets::Wait::zero()) {
        reply(problem_response(
            {429, "too-many-tries", "Too many tries", "Many passwords were tried from your address. Wait a little.", whole_seconds(wait)}));
        return;
    }
    if (password.size() > kLongestPassword) {
        reply(problem_response(wrong_password()));
        return;
    }
    services_.passwords.check(request.address, state.settings.password_hash, password,
                              [this, room, wished = wished, account = account_id(request), reply](Passwords::Checked checked) {
                                  if (checked == Passwords::Checked::right) {
                                      admit(room, wished, account, reply);
                                  } else {
                                      reply(problem_response(checked == Passwords::Checked::wrong ? wrong_password() : hashing_busy()));
                                  }
                              });
}

std::int64_t Router::account_id(const HttpRequest& request) const {
    const auto account = accounts_.account_of(request);
    return account ? account->account_id : 0;
}

// Who comes back with an account is who they were.
void Router::admit(const std::shared_ptr<Room>& room, const std::string& name, std::int64_t account, const HttpReply& reply) {
    const auto as_new = [this, room, name, account, reply] {
        services_.store.add_member(room->id(), name, [this, room, name, account, reply](auto result) {
            if (const auto* error = std::get_if<db::StoreError>(&result)) {
                reply(problem_response(store_problem(*error)));
                return;
            }
            reply(joined(*room, std::get<std::int64_t>(result), name, account));
        });
    };
    if (account == 0) {
        as_new();
        return;
    }
    services_.store.load_account_rooms(account, [this, room, name, account, reply, as_new](auto rooms) {
        if (const auto* known = std::get_if<std::vector<db::AccountRoom>>(&rooms)) {
            const auto before = std::ranges::find(*known, room->id(), &db::AccountRoom::room_id);
            if (before != known->end() && room->state().is_banned(before->member_id)) {
                reply(problem_response(banned()));
                return;
            }
            // Who was only kicked comes as somebody new, without the roles of before.
            if (before != known->end() && !room->state().shuts_out(before->member_id, {})) {
                reply(joined(*room, before->member_id, name, account));
                return;
            }
        }
        as_new();
    });
}

std::optional<Claims> Router::member_or_reply(const HttpRequest& request, const Room& room, const HttpReply& reply) const {
    TokenFault fault{};
    const auto token = bearer_of(request);
    auto claims = token ? services_.tokens.check(*token, std::time(nullptr), fault) : std::nullopt;
    if (claims && claims->room_id == room.id()) return claims;
    spdlog::info("room {}: a token is refused", room.code());
    HttpResponse refused = problem_response({401, fault == TokenFault::expired ? "token-expired" : "bad-token", "Not a member of this room",
                                             "Join the room first and send its token as 'Authorization: Bearer TOKEN'."});
    refused.headers.emplace_back("WWW-Authenticate", "Bearer");
    reply(std::move(refused));
    return std::nullopt;
}

void Router::browse_library(const HttpRequest& request, const std::string& code, const HttpReply& reply) {
    const auto room = room_or_reply(request, code, reply);
    if (!room || !member_or_reply(request, *room, reply)) return;
    const std::string folder = query_value(request.query, "folder");
    services_.transcoder.browse(folder, query_value(request.query, "q"), [reply, folder](const transcoder::Transcoder::Browsed& browsed) {
        if (const auto* error = std::get_if<transcoder::TranscodeError>(&browsed)) {
            reply(problem_response(problem_of(*error)));
            return;
        }
        reply(json_response(200, library_json(folder, std::get<transcoder::LibraryListing>(browsed))));
    });
}

void Router::show_history(const HttpRequest& request, const std::string& code, const HttpReply& reply) {
    constexpr std::size_t kMost = 200;
    const auto room = room_or_reply(request, code, reply);
    if (!room || !member_or_reply(request, *room, reply)) return;
    services_.store.load_plays(room->id(), kMost, [reply](auto plays) {
        if (const auto* error = std::get_if<db::StoreError>(&plays)) {
            reply(problem_response(store_problem(*error)));
            return;
        }
        reply(json_response(200, history_json(std::get<std::vector<db::PastPlay>>(plays))));
    });
}

void Router::search(const HttpRequest& request, const std::string& code, const HttpReply& reply) {
    const auto room = room_or_reply(request, code, reply);
    if (!room) return;
    const auto claims = member_or_reply(request, *room, reply);
    if (!claims) return;
    auto words = check_text(query_value(request.query, "q"), kSearchText);
    if (std::holds_alternative<TextFault>(words)) {
        reply(problem_response({422, "bad-search", "Nothing to search for", "Send q: a line of 1 to 200 characters."}));
        return;
    }
    const PictureRight right{room->id(), claims->member_id, picture_right_ends(std::time(nullptr))};
    const auto picture = [this, right, room_code = room->code()](const std::string& url) {
        return url.empty()
                   ? url
                   : "/api/pictures?room=" + room_code + "&member=" + std::to_string(right.member_id) +
                         "&until=" + std::to_string(right.until) + "&url=" + boost::urls::encode(url, boost::urls::unreserved_chars) +
                         "&key=" + picture_seal(services_.tokens, right, url);
    };
    search_.find(request.address, claims->member_id, std::get<std::string>(words), ServerClock::now(),
                 [reply, picture](const Search::Found& found) {
                     if (const auto* problem = std::get_if<Problem>(&found)) {
                         reply(problem_response(*problem));
                         return;
                     }
                     reply(json_response(200, found_json(std::get<transcoder::Listing>(found), picture)));
                 });
}

// Only addresses that this server has given out itself, to somebody who is still a member: it is nobody's proxy.
void Router::show_picture(const HttpRequest& request, const std::string& /*code*/, const HttpReply& reply) {
    const std::string url = query_value(request.query, "url");
    const auto code = parse_code(query_value(request.query, "room"));
    const auto room = code ? services_.directory.find(*code) : nullptr;
    const PictureRight right{room ? room->id() : 0, number_of(query_value(request.query, "member")),
                             number_of(query_value(request.query, "until"))};
    if (!room || url.empty() || room->state().shuts_out(right.member_id, request.address) ||
        !may_see_picture(services_.tokens, right, url, query_value(request.query, "key"), std::time(nullptr))) {
        reply(problem_response({404, "no-artwork", "No picture", "There is no picture at this address, or no longer. Search again."}));
        return;
    }
    pictures_.fetch(url, ServerClock::now(), [reply](const Pictures::Found& found) {
        const auto* problem = std::get_if<Problem>(&found);
        reply(problem != nullptr ? problem_response(*problem) : picture_response(std::get<Pictures::Picture>(found)));
    });
}

void Router::command(const HttpRequest& request, const std::string& code, const HttpReply& reply) {
    const auto room = room_or_reply(request, code, reply);
    if (!room) return;
    const auto claims = member_or_reply(request, *room, reply);
    if (!claims) return;
    const ServerTime now = ServerClock::now();
    if (const auto wait = services_.budgets.take_text(request.address, request.body.size(), now); wait != AddressBudgets::Wait::zero()) {
        reply(problem_response(too_fast(wait)));
        return;
    }
    auto parsed = parse_command_body(request.body);
    if (const auto* problem = std::get_if<Problem>(&parsed)) {
        reply(problem_response(*problem));
        return;
    }
    auto message = std::get<CommandMessage>(std::move(parsed));
    CommandRequest asked{claims->member_id, claims->name, message.epoch, std::move(message.command)};
    asked.address = request.address;
    asked.account = claims->account_id;
    // The room may keep this until a link is settled: it must not keep itself.
    const auto answer = [this, reply, weak = std::weak_ptr(room), address = request.address](const std::optional<Problem>& problem) {
        const auto here = weak.lock();
        if (problem || !here) {
            reply(problem_response(problem ? *problem : no_such_room()));
            return;
        }
        const ServerTime then = ServerClock::now();
        services_.budgets.charge_answer(address, here->json_bytes(), then);
        reply(json_response(200, here->json(then)));
    };
    room->handle(std::move(asked), now, answer);
}

}  // namespace musicspace::relay
