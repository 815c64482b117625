// The part of Router that deals with what is in rooms, and with commands.

#include <boost/url/encode.hpp>
#include <boost/url/encoding_opts.hpp>
#include <boost/url/parse_query.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <charconv>
#include <ctime>
#include <optional>

#include "relay/base/text.h"
#include "relay/http/room_answers.h"
#include "relay/http/router.h"
#include "relay/room/room_code.h"
#include "relay/session/messages.h"

namespace musicspace::relay {

namespace {

Problem too_fast(AddressBudgets::Wait wait) {
    return {429, "too-fast", "Too fast", "Much is asked for from your address. Wait a moment, then try again.", whole_seconds(wait)};
}

HttpResponse picture_response(const std::shared_ptr<const transcoder::Artwork>& artwork) {
    return {
        200, artwork->type, std::shared_ptr<const std::string>(artwork, &artwork->bytes), {{"Cache-Control", "private, max-age=86400"}}};
}

// The value of one parameter of a query; empty when it is missing, or when the query is malformed.
std::string query_value(const std::string& query, std::string_view key) {
    const auto parsed = boost::urls::parse_query(query);
    if (!parsed) return {};
    for (const auto& param : *parsed) {
        if (param.key == key && param.has_value) return boost::urls::pct_string_view(param.value).decode(boost::urls::encoding_opts(true));
    }
    return {};
}

// The number in `text`; 0 when it is no number.
std::int64_t number_of(const std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

}  // namespace

// Everybody who has the code may look, except into a closed room, and except those who were sent away.
void Router::show_room(const HttpRequest& request, const std::string& code, const HttpReply& reply) {
    const auto room = room_or_reply(request, code, reply);
    if (!room || !may_look(request, *room, reply)) return;
    const ServerTime now = ServerClock::now();
    // The budget is asked before the state is written out, since a long queue takes milliseconds.
    if (const auto wait = services_.budgets.take_answer(request.address, room->json_bytes(), now); wait != AddressBudgets::Wait::zero()) {
        reply(problem_response(too_fast(wait)));
        return;
    }
    reply(json_response(200, room->json(now)));
}

void Router::show_artwork(const HttpRequest& request, const std::string& code, const HttpReply& reply) {
    const auto room = room_or_reply(request, code, reply);
    if (!room) return;
    if (room->state().standing_of(0, request.address) != Standing::welcome) {
        reply(problem_response(sent_away(Standing::banned)));
        return;
    }
    const auto artwork = room->artwork();
    const auto& playing = room->state().now_playing;
    if (!artwork || !playing || !playing->artwork.ends_with("?" + request.query)) {
        reply(problem_response(
            {404, "no-artwork", "No picture", "What plays in this room has no such picture: the room's state tells its address."}));
        return;
    }
    reply(picture_response(artwork));
}

void Router::browse_library(const HttpRequest& request, const std::string& code, const HttpReply& reply) {
    const auto room = room_or_reply(request, code, reply);
    if (!room || !member_or_reply(request, *room, reply)) return;
    const std::string folder = query_value(request.query, "folder");
    auto slot = services_.shares.take(WorkShares::Kind::browse, request.address);
    if (!slot) {
        reply(problem_response(
            {503, "too-busy", "The server is busy", "Many people look through the library just now. Try again in a moment."}));
        return;
    }
    const auto held = std::make_shared<FairSlots::Slot>(*std::move(slot));
    services_.transcoder.browse(folder, query_value(request.query, "q"),
                                [reply, folder, held](const transcoder::Transcoder::Browsed& browsed) {
                                    held->give_back();
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
    if (const auto wait = services_.budgets.take_answer(request.address, 1, ServerClock::now()); wait != AddressBudgets::Wait::zero()) {
        reply(problem_response(too_fast(wait)));
        return;
    }
    services_.store.load_plays(room->id(), kMost, [this, reply, address = request.address](auto plays) {
        if (const auto* error = std::get_if<db::StoreError>(&plays)) {
            reply(problem_response(store_problem(*error)));
            return;
        }
        std::string history = history_json(std::get<std::vector<db::PastPlay>>(plays));
        services_.budgets.charge_answer(address, history.size(), ServerClock::now());
        reply(json_response(200, std::move(history)));
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

// Fetches only addresses that this server has given out itself, for members who are still welcome: it is no open proxy.
void Router::show_picture(const HttpRequest& request, const std::string& /*code*/, const HttpReply& reply) {
    const std::string url = query_value(request.query, "url");
    const auto code = parse_code(query_value(request.query, "room"));
    const auto room = code ? services_.directory.find(*code) : nullptr;
    const PictureRight right{room ? room->id() : 0, number_of(query_value(request.query, "member")),
                             number_of(query_value(request.query, "until"))};
    if (!room || url.empty() || room->state().standing_of(right.member_id, request.address) != Standing::welcome ||
        !may_see_picture(services_.tokens, right, url, query_value(request.query, "key"), std::time(nullptr))) {
        reply(problem_response({404, "no-artwork", "No picture", "There is no picture at this address, or no longer. Search again."}));
        return;
    }
    pictures_.fetch(url, request.address, ServerClock::now(), [reply](const Pictures::Found& found) {
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
    asked.account = claims->signed_in.account;
    // The room may keep this callback until a link is settled, so the callback must not keep the room alive.
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
