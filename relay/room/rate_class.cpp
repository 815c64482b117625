#include "relay/room/rate_class.h"

#include <array>

namespace musicspace::relay {

namespace {

using enum RateClass;

// In the order of Command's alternatives.
constexpr std::array<RateClass, std::variant_size_v<Command>> kClasses{
    link,   // play
    light,  // pause
    light,  // resume
    light,  // seek
    light,  // stop
    light,  // speed
    light,  // volume
    link,   // add
    queue,  // addMany
    queue,  // remove
    queue,  // move
    link,   // playItem
    queue,  // clear
    queue,  // shuffle
    light,  // repeat
    queue,  // skip
    queue,  // previous
    queue,  // vote
    light,  // voteSkip
    light,  // role
    light,  // rights
    light,  // kick
    light,  // ban
    light,  // unban
    light,  // password
    light,  // lock
    light,  // name
    light,  // sleep
    talk,   // chat
    talk,   // react
    light,  // normalize
    light,  // metronome
    light,  // keep
    light,  // close
};

}  // namespace

RateClass rate_class_of(const Command& command) { return kClasses.at(command.index()); }

std::size_t text_bytes(const std::vector<QueueItem>& queue) {
    constexpr std::size_t kRest = 200;  // of each, in JSON
    std::size_t bytes = 0;
    for (const QueueItem& item : queue) {
        bytes += kRest + item.listed.link.size() + item.listed.title.size() + item.listed.artist.size() + item.label.size() +
                 item.unplayable.size() + item.voters.size() * sizeof(MemberId);
    }
    return bytes;
}

}  // namespace musicspace::relay
