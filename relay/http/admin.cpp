#include "relay/http/admin.h"

#include <spdlog/spdlog.h>

#include <boost/url/pct_string_view.hpp>

#include "relay/address_budgets.h"
#include "relay/http/account_answers.h"
#include "relay/http/path_pattern.h"
#include "relay/json_text.h"
#include "relay/key_file.h"
#include "relay/room/room_code.h"

namespace musicspace::relay {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kPrefix = "/api/admin/";

Problem no_such_room() { return {404, "no-such-room", "No such room", "There is no room with this code."}; }

Problem bad_address() {
    return {422, "bad-address", "Not an address",
            "Give an IPv4 or IPv6 address, such as 203.0.113.7 or 2001:db8::7. This machine's own cannot be banned."};
}

Json room_json(const Room& room, ServerTime now) {
    const RoomState& state = room.state();
    Json json{{"code", room.code()},
              {"name", state.settings.name},
              {"listeners", room.roster().size()},
              {"status", name_of(state.status)},
              {"title", state.now_playing ? state.now_playing->track.title : std::string()},
              {"queueLength", state.queue.size()},
              {"used", room.life().used},
              {"kept", state.kept_by != 0},
              {"emptySeconds", nullptr}};
    if (const auto since = room.life().empty_since) json["emptySeconds"] = std::chrono::floor<std::chrono::seconds>(now - *since).count();
    return json;
}

}  // namespace

void Admin::handle(const HttpRequest& request, const HttpReply& reply) {
    const ServerTime now = ServerClock::now();
    const std::string address = request.address.empty() ? "this machine" : request.address;
    if (const auto wait = wrong_keys_.wait(address, 1, now); wait != AddressBudgets::Wait::zero()) {
        reply(problem_response(
            {429, "too-many-tries", "Too many tries", "Many wrong keys were sent. Wait a little, then try again.", whole_seconds(wait)}));
        return;
    }
    if (!equals_key(key_, bearer_of(request).value_or(std::string()))) {
        wrong_keys_.charge(address, 1, now);
        spdlog::warn("a call to {} with a wrong key is refused", kPrefix);
        HttpResponse refused = problem_response({401, "bad-token", "Not the operator",
                                                 "Send the line of admin.key, a file in the server's data folder, as 'Authorization: "
                                                 "Bearer KEY'."});
        refused.headers.emplace_back("WWW-Authenticate", "Bearer");
        reply(std::move(refused));
        return;
    }
    obey(request, reply);
}

struct Admin::Route {
    std::string_view method;
    std::string_view path;
    Handler handler;
};

const std::vector<Admin::Route>& Admin::routes() {
    static const std::vector<Route> kRoutes{
        {"GET", "/api/admin/rooms", &Admin::list_rooms},
        {"DELETE", "/api/admin/rooms/{}", &Admin::close_room},
        {"GET", "/api/admin/bans", &Admin::list_bans},
        {"PUT", "/api/admin/bans/{}", &Admin::ban},
        {"DELETE", "/api/admin/bans/{}", &Admin::unban},
        {"POST", "/api/admin/accounts", &Admin::create_account},
        {"POST", "/api/admin/accounts/{}/reset", &Admin::reset_account},
    };
    return kRoutes;
}

void Admin::obey(const HttpRequest& request, const HttpReply& reply) {
    for (const Route& route : routes()) {
        const auto part = match(route.path, request.path);
        if (!part || route.method != request.method) continue;
        const auto text = boost::urls::make_pct_string_view(*part);
        if (!text) break;
        (this->*route.handler)(request, text->decode(), reply);
        return;
    }
    reply(problem_response({404, "no-such-page", "Nothing here", "There is no such call. See docs/api/openapi.yaml."}));
}

void Admin::list_rooms(const HttpRequest& /*request*/, const std::string& /*part*/, const HttpReply& reply) {
    const ServerTime now = ServerClock::now();
    Json rooms = Json::array();
    services_.directory.each([&](const Room& room) { rooms.push_back(room_json(room, now)); });
    reply(json_response(200, dumped({{"rooms", std::move(rooms)}})));
}

void Admin::close_room(const HttpRequest& /*request*/, const std::string& text, const HttpReply& reply) {
    const auto code = parse_code(text);
    const auto room = code ? services_.directory.find(*code) : nullptr;
    if (!room) {
        reply(problem_response(no_such_room()));
        return;
    }
    room->close("This room was closed by the people who run this server.");
    reply(done_response());
}

void Admin::list_bans(const HttpRequest& /*request*/, const std::string& /*part*/, const HttpReply& reply) {
    reply(json_response(200, dumped({{"bans", services_.bans.all()}})));
}

// The ban takes effect once Postgres has it: otherwise it might be gone after the next start.
void Admin::ban(const HttpRequest& /*request*/, const std::string& typed, const HttpReply& reply) {
    const auto address = AddressBans::key_of(typed);
    if (!address) {
        reply(problem_response(bad_address()));
        return;
    }
    // In memory first, which bounds how many there are: one that is refused must not be stored.
    const bool is_new = !services_.bans.contains(*address);
    if (!services_.bans.add(*address)) {
        reply(problem_response({409, "too-many-bans", "Too many bans", "10,000 addresses are banned. Lift some bans first."}));
        return;
    }
    const HttpReply settled = [this, address = *address, is_new, reply](HttpResponse response) {
        if (response.status != 200 && is_new) services_.bans.remove(address);
        reply(std::move(response));
    };
    services_.store.save_ban(*address, or_away<bool>(settled, [this, address = *address, reply](bool) {
        spdlog::info("an address is banned");
        services_.directory.expel(address);
        reply(json_response(200, dumped({{"address", address}})));
    }));
}

void Admin::unban(const HttpRequest& /*request*/, const std::string& typed, const HttpReply& reply) {
    const auto address = AddressBans::key_of(typed);
    if (!address || !services_.bans.contains(*address)) {
        reply(problem_response(address ? Problem{404, "not-banned", "Not banned", "This address is not banned."} : bad_address()));
        return;
    }
    services_.store.remove_ban(*address, or_away<bool>(reply, [this, address = *address, reply](bool) {
        services_.bans.remove(address);
        reply(json_response(200, dumped({{"address", address}})));
    }));
}

void Admin::create_account(const HttpRequest& request, const std::string& /*part*/, const HttpReply& reply) {
    services_.accounts.create_for(text_of(object_of(request.body), "name"), reply);
}

void Admin::reset_account(const HttpRequest& /*request*/, const std::string& name, const HttpReply& reply) {
    services_.accounts.reset_password(name, reply);
}

}  // namespace musicspace::relay
