// The part of Accounts that deals with what they keep: rooms, favourites, what was heard.

#include "relay/http/account_answers.h"
#include "relay/http/accounts.h"
#include "relay/json_text.h"
#include "relay/session/track_json.h"

namespace musicspace::relay {

namespace {

using Json = nlohmann::json;

std::string tracks_json(const char* key, const std::vector<db::KeptTrack>& tracks) {
    Json all = Json::array();
    for (const db::KeptTrack& track : tracks) {
        Json json = shown_track_fields(track);
        json["atMs"] = track.at_ms;
        all.push_back(std::move(json));
    }
    return dumped({{key, std::move(all)}});
}

}  // namespace

void Accounts::show_rooms(const HttpRequest& request, const HttpReply& reply) {
    const auto account = account_or_reply(request, reply);
    if (!account) return;
    services_.store.load_account_rooms(account->signed_in.account,
                                       or_away<std::vector<db::AccountRoom>>(reply, [reply](const std::vector<db::AccountRoom>& rooms) {
                                           Json all = Json::array();
                                           for (const db::AccountRoom& room : rooms) all.push_back({{"code", room.code}});
                                           reply(json_response(200, dumped({{"rooms", std::move(all)}})));
                                       }));
}

void Accounts::show_tracks(const HttpRequest& request, const HttpReply& reply, const char* key,
                           void (db::Store::*load)(std::int64_t, db::Answer<std::vector<db::KeptTrack>>)) {
    const auto account = account_or_reply(request, reply);
    if (!account) return;
    (services_.store.*load)(account->signed_in.account,
                            or_away<std::vector<db::KeptTrack>>(reply, [reply, key](const std::vector<db::KeptTrack>& tracks) {
                                reply(json_response(200, tracks_json(key, tracks)));
                            }));
}

void Accounts::show_heard(const HttpRequest& request, const HttpReply& reply) {
    show_tracks(request, reply, "heard", &db::Store::load_heard);
}

void Accounts::show_favourites(const HttpRequest& request, const HttpReply& reply) {
    show_tracks(request, reply, "favourites", &db::Store::load_favourites);
}

void Accounts::add_favourite(const HttpRequest& request, const HttpReply& reply) {
    const auto account = account_or_reply(request, reply);
    if (!account) return;
    auto named = track_of(object_of(request.body));
    if (const auto* problem = std::get_if<Problem>(&named)) {
        reply(problem_response(*problem));
        return;
    }
    auto& track = std::get<transcoder::ListedTrack>(named);
    db::KeptTrack kept{std::move(track.link), std::move(track.title), std::move(track.artist), track.duration_ms};
    services_.store.add_favourite(account->signed_in.account, std::move(kept), or_away<bool>(reply, [reply](bool added) {
                                      reply(added ? done_response()
                                                  : problem_response({409, "too-many-favourites", "Too many favourites",
                                                                      "You have 500 favourites: remove some first."}));
                                  }));
}

void Accounts::remove_favourite(const HttpRequest& request, const HttpReply& reply) {
    const auto account = account_or_reply(request, reply);
    if (!account) return;
    const std::string link = text_of(object_of(request.body), "link");
    if (link.empty()) {
        reply(problem_response(bad_message("Send the link of the favourite to remove.")));
        return;
    }
    services_.store.remove_favourite(account->signed_in.account, link, or_away<bool>(reply, [reply](bool) { reply(done_response()); }));
}

}  // namespace musicspace::relay
