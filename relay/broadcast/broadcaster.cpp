#include "relay/broadcast/broadcaster.h"

#include <algorithm>

namespace musicspace::relay {

void Broadcaster::start(std::uint32_t epoch, MediaTime from, std::function<ServerTime(MediaTime)> due_at) {
    epoch_ = epoch;
    next_ = from - policy_.pre_roll;
    due_at_ = std::move(due_at);
    frames_.clear();
    frames_made_ = 0;
}

void Broadcaster::stop() {
    due_at_ = nullptr;
    frames_.clear();
}

std::vector<FramePtr> Broadcaster::take_due(const PacketLog& log, ServerTime now) {
    std::vector<FramePtr> due;
    if (!due_at_) return due;
    while (!frames_.empty() && frames_.front()->ends_at <= now) frames_.pop_front();
    while (true) {
        const std::size_t wanted = frames_made_ < policy_.first_frames ? policy_.first_packets : policy_.packets;
        const auto run = log.run_from(next_, wanted);
        if (run.empty()) break;
        const MediaTime from = run.front().position;
        const MediaTime until = run.back().position + kPacketDuration;
        if (until <= next_) break;  // only packets that have left already
        if (due_at_(from) > now + policy_.lead) break;
        if (run.size() < wanted && !log.end()) break;  // the rest of this run is still being made
        due.push_back(make_frame(Tier::kbps96, epoch_, due_at_(from), due_at_(until), run));
        frames_.push_back(due.back());
        ++frames_made_;
        next_ = until;
    }
    return due;
}

std::vector<FramePtr> Broadcaster::burst(ServerTime now) const {
    std::vector<FramePtr> current;
    std::ranges::copy_if(frames_, std::back_inserter(current), [now](const FramePtr& frame) { return frame->ends_at > now; });
    return current;
}

}  // namespace musicspace::relay
