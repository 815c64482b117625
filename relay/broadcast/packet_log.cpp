#include "relay/broadcast/packet_log.h"

#include <algorithm>
#include <iterator>

namespace musicspace::relay {

void PacketLog::append(std::vector<transcoder::Packet> packets) {
    packets_.insert(packets_.end(), std::make_move_iterator(packets.begin()), std::make_move_iterator(packets.end()));
}

void PacketLog::clear() {
    packets_.clear();
    end_.reset();
}

void PacketLog::forget_before(MediaTime position) {
    while (!packets_.empty() && packets_.front().position + kPacketDuration <= position) packets_.pop_front();
}

std::optional<MediaTime> PacketLog::produced_until() const {
    if (packets_.empty()) return std::nullopt;
    return packets_.back().position + kPacketDuration;
}

bool PacketLog::covers(MediaTime from, MediaDuration length) const {
    if (packets_.empty() || packets_.front().position > from) return false;
    const MediaTime until = packets_.back().position + kPacketDuration;
    return until >= from + length || (end_ && until >= std::min(*end_, from + length));
}

std::vector<transcoder::Packet> PacketLog::run_from(MediaTime from, std::size_t count) const {
    if (packets_.empty()) return {};
    const auto offset = std::max<std::int64_t>(0, (from - packets_.front().position) / kPacketDuration);
    const auto first = std::min(static_cast<std::size_t>(offset), packets_.size());
    const auto last = std::min(first + count, packets_.size());
    return {packets_.begin() + static_cast<std::ptrdiff_t>(first), packets_.begin() + static_cast<std::ptrdiff_t>(last)};
}

}  // namespace musicspace::relay
