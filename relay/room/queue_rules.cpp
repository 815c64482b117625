#include "relay/room/queue_rules.h"

#include <algorithm>
#include <random>
#include <span>

#include "relay/room/succession.h"

namespace musicspace::relay {

namespace {

Rejection queue_full() {
    return {Refusal::queue_full, "The queue is full (" + std::to_string(kMostQueued) + " tracks). Remove some first."};
}
Rejection not_queued() { return {Refusal::not_queued, "This track is no longer in the queue. Look again."}; }

bool silent(const RoomState& state) { return !state.now_playing && !state.pending; }

auto find_item(RoomState& state, ItemId id) { return std::ranges::find(state.queue, id, &QueueItem::id); }

void set_voter(std::vector<MemberId>& voters, MemberId member, bool on) {
    const auto found = std::ranges::find(voters, member);
    if (on && found == voters.end()) voters.push_back(member);
    if (!on && found != voters.end()) voters.erase(found);
}

// As many as there is room for, in front of `place`; the number that was left out.
std::size_t insert(RoomState& state, std::vector<QueueItem>::iterator place, std::span<const Listed> entries, MemberId member,
                   const std::string& label) {
    const std::size_t count = std::min(entries.size(), kMostQueued - std::min(kMostQueued, state.queue.size()));
    std::vector<QueueItem> items;
    items.reserve(count);
    for (const Listed& each : entries.first(count)) items.push_back(new_item(state, each, member, label));
    state.queue.insert(place, std::make_move_iterator(items.begin()), std::make_move_iterator(items.end()));
    return entries.size() - count;
}

void note_left_out(RoomState& state, std::size_t left_out) {
    if (left_out > 0) state.notice = std::to_string(left_out) + " more tracks did not fit into the queue.";
}

}  // namespace

Outcome add_to_queue(RoomState state, const CommandRequest& request, const AddToQueue& command) {
    if (state.queue.size() >= kMostQueued) return queue_full();
    QueueItem item = new_item(state, {command.link}, request.member, request.label);
    if (silent(state) && next_in_queue(state) == nullptr) {
        state.queue.insert(state.queue.begin(), std::move(item));
        return open_next(std::move(state), {});
    }
    item.listing = true;
    const ItemId id = item.id;
    state.queue.insert(command.next ? state.queue.begin() : state.queue.end(), std::move(item));
    if (command.next) cancel_upcoming(state);
    return Applied{std::move(state), {ListLink{id, command.link}}};
}

Outcome add_to_queue(RoomState state, const CommandRequest& request, const AddManyToQueue& command, ServerTime at) {
    if (state.queue.size() >= kMostQueued) return queue_full();
    auto place = state.queue.end();
    if (command.before) {
        place = find_item(state, *command.before);
        if (place == state.queue.end()) return not_queued();
    }
    note_left_out(state, insert(state, place, command.items, request.member, request.label));
    if (silent(state)) return open_next(std::move(state), {});
    review_upcoming(state, at);
    return Applied{std::move(state), {}};
}

Outcome remove_from_queue(RoomState state, const RemoveFromQueue& command) {
    const auto item = find_item(state, command.item);
    if (item == state.queue.end()) return not_queued();
    if (state.upcoming && state.upcoming->playing.item == command.item) cancel_upcoming(state);
    state.queue.erase(item);
    return Applied{std::move(state), {}};
}

Outcome move_in_queue(RoomState state, const MoveInQueue& command, ServerTime at) {
    if (state.settings.rights.by_votes) return Rejection{Refusal::not_applicable, "Votes decide the order here. Vote for what you want."};
    if (command.before == command.item) return Applied{std::move(state), {}};
    const auto item = find_item(state, command.item);
    if (item == state.queue.end() || (command.before && find_item(state, *command.before) == state.queue.end())) return not_queued();
    QueueItem moved = std::move(*item);
    state.queue.erase(item);
    state.queue.insert(command.before ? find_item(state, *command.before) : state.queue.end(), std::move(moved));
    review_upcoming(state, at);
    return Applied{std::move(state), {}};
}

Outcome play_item(RoomState state, const PlayItem& command) {
    const auto item = find_item(state, command.item);
    if (item == state.queue.end()) return not_queued();
    std::vector<Effect> effects;
    if (state.pending) effects.emplace_back(CancelPending{});
    cancel_upcoming(state);
    item->unplayable.clear();
    state.pending = Pending{*item, Pending::Why::asked, {}, false, true};
    state.queue.erase(item);
    effects.emplace_back(ResolveLink{command.item, state.pending->item.listed.link, MediaTime{}});
    return Applied{std::move(state), std::move(effects)};
}

Outcome clear_queue(RoomState state) {
    if (state.settings.repeat != Repeat::one) cancel_upcoming(state);
    state.queue.clear();
    return Applied{std::move(state), {}};
}

Outcome shuffle_queue(RoomState state, std::uint64_t seed, ServerTime at) {
    std::mt19937_64 chance(seed);
    std::ranges::shuffle(state.queue, chance);
    review_upcoming(state, at);
    return Applied{std::move(state), {}};
}

Outcome set_repeat(RoomState state, const SetRepeat& command, ServerTime at) {
    state.settings.repeat = command.mode;
    review_upcoming(state, at);
    return Applied{std::move(state), {}};
}

Outcome vote(RoomState state, const CommandRequest& request, const Vote& command, ServerTime at) {
    if (!state.settings.rights.by_votes)
        return Rejection{Refusal::not_applicable, "This room plays its queue in order. The host can let votes decide."};
    const auto item = find_item(state, command.item);
    if (item == state.queue.end()) return not_queued();
    set_voter(item->voters, request.member, command.on);
    review_upcoming(state, at);
    return Applied{std::move(state), {}};
}

std::size_t votes_to_skip(const RoomState& state, std::size_t listeners) {
    const auto share = static_cast<std::size_t>(state.settings.rights.skip_share);
    return std::max<std::size_t>(1, (listeners * share + 99) / 100);
}

Outcome vote_skip(RoomState state, const CommandRequest& request, const VoteSkip& command, ServerTime at) {
    if (!state.now_playing) return Rejection{Refusal::nothing_playing, "Nothing is playing. Paste a link first."};
    set_voter(state.skip_votes, request.member, command.on);
    if (state.skip_votes.size() >= votes_to_skip(state, request.listeners)) return skip(std::move(state), Skip{}, at);
    return Applied{std::move(state), {}};
}

Outcome recount(RoomState state, const ListenersChanged& changed, ServerTime at) {
    if (state.skip_votes.empty()) return not_applicable();
    if (changed.gone) set_voter(state.skip_votes, *changed.gone, false);
    if (state.now_playing && !state.skip_votes.empty() && state.skip_votes.size() >= votes_to_skip(state, changed.listeners))
        return skip(std::move(state), Skip{}, at);
    return Applied{std::move(state), {}};
}

Outcome note_listing(RoomState state, const LinkListed& listed, ServerTime at) {
    const auto item = find_item(state, listed.item);
    if (item == state.queue.end()) {
        // The playlist that is played already: its first track plays, the rest follows.
        std::optional<QueueItem> played;
        if (state.pending && state.pending->item.id == listed.item) {
            played = state.pending->item;
        } else if (state.now_playing && state.now_playing->item == listed.item) {
            played = item_of(*state.now_playing);
        }
        if (!played || !listed.playlist || listed.entries.size() < 2) return not_applicable();
        cancel_upcoming(state);
        const std::size_t left_out =
            insert(state, state.queue.begin(), std::span(listed.entries).subspan(1), played->member, played->label);
        note_left_out(state, left_out + listed.left_out);
        return Applied{std::move(state), {}};
    }
    item->listing = false;
    if (!listed.why.empty()) {
        mark_unplayable(state, *item, listed.why);
        review_upcoming(state, at);
        return Applied{std::move(state), {}};
    }
    if (listed.entries.empty()) return Applied{std::move(state), {}};  // nothing was learned
    const std::string link = item->listed.link;
    item->listed = listed.entries.front();
    if (!listed.playlist) item->listed.link = link;  // as it was pasted
    const QueueItem first = *item;
    const std::size_t left_out = insert(state, item + 1, std::span(listed.entries).subspan(1), first.member, first.label);
    note_left_out(state, left_out + listed.left_out);
    if (silent(state)) return open_next(std::move(state), {});
    return Applied{std::move(state), {}};
}

}  // namespace musicspace::relay
