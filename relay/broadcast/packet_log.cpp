#include "relay/broadcast/packet_log.h"

#include <algorithm>
#include <iterator>

namespace musicspace::relay {

void PacketLog::append(std::vector<transcoder::Packet> packets) {
    if (packets.empty()) return;
    if (!packets_.empty() && produced_until() != packets.front().position) packets_.clear();
    packets_.insert(packets_.end(), std::make_move_iterator(packets.begin()), std::make_move_iterator(packets.end()));
}

void PacketLog::clear() {
    packets_.clear();
    end_.reset();
}

void PacketLog::forget_before(MediaTime position) {
    while (!packets_.empty() && packets_.front().position + packets_.front().span <= position) packets_.pop_front();
}

std::optional<MediaTime> PacketLog::produced_until() const {
    if (packets_.empty()) return std::nullopt;
    return packets_.back().position + packets_.back().span;
}

bool PacketLog::covers(MediaTime from, MediaDuration length) const {
    if (packets_.empty() || packets_.front().position > from) return false;
    const MediaTime until = packets_.back().position + packets_.back().span;
    return until >= from + length || (end_ && until >= std::min(*end_, from + length));
}

std::vector<transcoder::Packet> PacketLog::run_from(MediaTime from, std::size_t count) const {
    if (packets_.empty()) return {};
    const auto offset = std::max<std::int64_t>(0, (from - packets_.front().position) / packets_.front().span);
    const auto first = std::min(static_cast<std::size_t>(offset), packets_.size());
    const auto last = std::min(first + count, packets_.size());
    return {packets_.begin() + static_cast<std::ptrdiff_t>(first), packets_.begin() + static_cast<std::ptrdiff_t>(last)};
}

void TierLogs::clear() {
    for (PacketLog& log : logs_) log.clear();
    end_.reset();
}

void TierLogs::forget_before(MediaTime position) {
    for (PacketLog& log : logs_) log.forget_before(position);
}

void TierLogs::close(MediaTime end) {
    end_ = end;
    for (PacketLog& log : logs_) log.close(end);
}

std::optional<MediaTime> TierLogs::produced_until() const {
    std::optional<MediaTime> furthest;
    for (const PacketLog& log : logs_) furthest = std::max(furthest, log.produced_until());
    return furthest;
}

bool TierLogs::any_covers(MediaTime from, MediaDuration length) const {
    return std::ranges::any_of(logs_, [&](const PacketLog& log) { return log.covers(from, length); });
}

}  // namespace musicspace::relay
