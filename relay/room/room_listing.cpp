// The part of Room that finds out what the links in its queue are: what a track is called, and what a playlist holds.

#include <spdlog/spdlog.h>

#include "relay/room/queue_rules.h"
#include "relay/room/room.h"
#include "relay/room/track_text.h"

namespace musicspace::relay {

void Room::carry_out(const ListLink& effect, ServerTime /*now*/) {
    to_list_.push_back(effect);
    list_waiting();
}

// A few at a time: others want to list too.
void Room::list_waiting() {
    constexpr std::size_t kAtOnce = 2;
    while (!to_list_.empty() && listings_.size() < kAtOnce) {
        const ListLink wanted = std::move(to_list_.front());
        to_list_.pop_front();
        auto work = tracks_.list(wanted.link, kMostQueued, [weak = weak_from_this(), item = wanted.item](auto listed) {
            if (const auto room = weak.lock()) room->guarded([&] { room->on_listed(item, std::move(listed)); });
        });
        if (work) {
            listings_[wanted.item] = std::move(work);
        } else {
            // Too much is being listed: it keeps its link for a name, and is opened all the same in its turn.
            due_replies_.emplace_back([this, item = wanted.item] { observe_now(LinkListed{item, {}, false, 0, {}}, services_.clock()); });
        }
    }
}

void Room::on_listed(ItemId item, transcoder::TrackService::ListedOrError listed) {
    listings_.erase(item);
    LinkListed observation{item, {}, false, 0, {}};
    if (auto* error = std::get_if<transcoder::TranscodeError>(&listed)) {
        clean(*error);
        spdlog::info("room {}: a link cannot be listed: {}", code(), error->detail);
        if (!error->passing()) observation.why = error->detail;
    } else {
        auto& listing = std::get<transcoder::Listing>(listed);
        clean(listing);
        observation.entries = std::move(listing.entries);
        observation.playlist = listing.playlist;
        observation.left_out = listing.left_out;
    }
    observe_now(observation, services_.clock());
    list_waiting();
    send_due_replies();
}

}  // namespace musicspace::relay
