// The part of Router that says whether a request may have what it asks for in a room: the code has to lead to one, and the token to
// somebody who is still welcome there.

#include <spdlog/spdlog.h>

#include <ctime>

#include "relay/http/room_answers.h"
#include "relay/http/router.h"
#include "relay/room/room_code.h"

namespace musicspace::relay {

namespace {

Problem room_gone() {
    return {404, "room-gone", "This room is gone", "The room that this token is for was closed. Open a new one, or join another."};
}

Problem too_many_codes(AddressBudgets::Wait wait) {
    return {429, "too-many-codes", "Too many room codes",
            "Many codes were tried from your address, and no room has them. Wait a little, then check the code and try again.",
            whole_seconds(wait)};
}

HttpResponse bearer_refused(const Problem& problem) {
    HttpResponse refused = problem_response(problem);
    refused.headers.emplace_back("WWW-Authenticate", "Bearer");
    return refused;
}

Problem problem_of(TokenFault fault) {
    const char* const title = "Not a member of this room";
    switch (fault) {
        case TokenFault::invalid:
            return {401, "bad-token", title, "Join the room first and send its token as 'Authorization: Bearer TOKEN'."};
        case TokenFault::expired:
            return {401, "token-expired", title, "Your membership has expired. Join the room again."};
        case TokenFault::ended:
            return {401, "signed-out", "Not signed in", "You have signed out where this token is from. Sign in, then join the room again."};
    }
    return {};
}

}  // namespace

bool Router::is_member(const HttpRequest& request, const Room& room) const {
    TokenFault fault{};
    const auto token = bearer_of(request);
    const auto claims = token ? services_.tokens.check(*token, std::time(nullptr), fault) : std::nullopt;
    return claims && claims->room_id == room.id();
}

// A client that has tried many codes of no room is refused for a while, whether its next code leads to a room or not, so that codes cannot
// be guessed; members of the room are let in. To somebody with a token for the code, a room that does not exist is gone, not unknown.
std::shared_ptr<Room> Router::room_or_reply(const HttpRequest& request, const std::string& text, const HttpReply& reply) const {
    const auto code = parse_code(text);
    auto room = code ? services_.directory.find(*code) : nullptr;
    const ServerTime now = ServerClock::now();
    const auto wait = services_.budgets.code_wait(request.address, now);
    if (wait != AddressBudgets::Wait::zero() && (!room || !is_member(request, *room))) {
        ++services_.metrics.codes_refused;
        reply(problem_response(too_many_codes(wait)));
        return nullptr;
    }
    if (room) return room;
    services_.budgets.charge_code(request.address, now);
    TokenFault fault{};
    const auto token = bearer_of(request);
    const auto claims = token && code ? services_.tokens.check(*token, std::time(nullptr), fault) : std::nullopt;
    reply(problem_response(claims && claims->code == *code ? room_gone() : no_such_room()));
    return nullptr;
}

std::optional<Claims> Router::member_or_reply(const HttpRequest& request, Room& room, const HttpReply& reply) const {
    TokenFault fault{};
    const auto token = bearer_of(request);
    auto claims = token ? services_.tokens.check(*token, std::time(nullptr), fault) : std::nullopt;
    if (!claims || claims->room_id != room.id()) {
        spdlog::info("room {}: a token is refused", room.code());
        // The token is for an earlier room with the same code.
        const bool gone = claims && claims->code == room.code();
        reply(gone ? problem_response(room_gone()) : bearer_refused(problem_of(fault)));
        return std::nullopt;
    }
    if (const Standing standing = room.state().standing_of(claims->member_id, request.address); standing != Standing::welcome) {
        reply(problem_response(sent_away(standing)));
        return std::nullopt;
    }
    room.note_member(claims->member_id, claims->name, request.address);
    return claims;
}

bool Router::may_look(const HttpRequest& request, Room& room, const HttpReply& reply) const {
    if (room.state().closed()) return member_or_reply(request, room, reply).has_value();
    TokenFault ignored{};
    const auto token = bearer_of(request);
    const auto claims = token ? services_.tokens.check(*token, std::time(nullptr), ignored) : std::nullopt;
    const Standing standing = room.state().standing_of(claims && claims->room_id == room.id() ? claims->member_id : 0, request.address);
    if (standing == Standing::welcome) return true;
    reply(problem_response(sent_away(standing)));
    return false;
}

}  // namespace musicspace::relay
