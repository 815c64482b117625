#include "relay/broadcast/outbox.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>

#include "relay/broadcast/sender.h"

namespace musicspace::relay {

std::vector<std::uint8_t> time_answer_bytes(const TimeAnswer& answer, ServerTime sent) {
    std::vector<std::uint8_t> bytes;
    append_big_endian(bytes, kTimeKind, 1);
    append_big_endian(bytes, static_cast<std::uint64_t>(answer.client_sent), 8);
    append_big_endian(bytes, static_cast<std::uint64_t>(micros(answer.received)), 8);
    append_big_endian(bytes, static_cast<std::uint64_t>(micros(sent)), 8);
    return bytes;
}

Outbox::~Outbox() { sender_.remove(*this); }

void Outbox::want_sending() {
    if (pending_ || full_ || broken_) return;
    pending_ = true;
    sender_.add(*this);
}

void Outbox::offer(std::span<const FramePtr> frames) {
    assert(ready());
    if (finishing_) return;
    for (const FramePtr& frame : frames) queue_.push_back({frame, frame->epoch});
    want_sending();
}

void Outbox::push_state(const WirePtr& state) {
    if (finishing_) return;
    state_ = state;
    has_more_ = true;
    count_ = nullptr;  // the state says it too
    want_sending();
}

void Outbox::push_queue(const WirePtr& queue) {
    if (finishing_) return;
    room_queue_ = queue;
    has_more_ = true;
    want_sending();
}

void Outbox::push_count(const WirePtr& count) {
    if (finishing_) return;
    count_ = count;
    has_more_ = true;
    want_sending();
}

void Outbox::push_sync(const WirePtr& sync) {
    if (finishing_) return;
    sync_ = sync;
    has_more_ = true;
    want_sending();
}

bool Outbox::push_reply(const WirePtr& reply) { return finishing_ ? !broken_ : queue_reply(reply); }

std::size_t Outbox::push_talk(const WirePtr& talk) {
    if (finishing_) return 0;
    const std::size_t dropped = talk_.size() >= limits_.talk ? 1 : 0;
    if (dropped > 0) talk_.erase(talk_.begin());
    talk_.push_back(talk);
    has_more_ = true;
    want_sending();
    return dropped;
}

bool Outbox::push_own(const WirePtr& bytes) {
    if (bytes->is_close()) finish();
    return queue_reply(bytes);
}

bool Outbox::queue_reply(const WirePtr& reply) {
    if (broken_ || replies_.size() >= limits_.texts) return false;
    replies_.push_back(reply);
    has_more_ = true;
    want_sending();
    return true;
}

void Outbox::push_time(const TimeAnswer& answer) {
    if (finishing_) return;
    if (times_.size() >= limits_.times) times_.erase(times_.begin());
    times_.push_back(answer);
    has_more_ = true;
    want_sending();
}

void Outbox::drop_frames_except(std::uint32_t current, std::uint32_t upcoming) {
    // The first may be on its way already; half a message would break the stream.
    for (auto each = queue_.begin(); each != queue_.end();) {
        const bool begun = begun_ > 0 && each == queue_.begin();
        const bool kept = begun || each->epoch == 0 || each->epoch == current || each->epoch == upcoming;
        each = kept ? each + 1 : queue_.erase(each);
    }
}

void Outbox::finish() {
    finishing_ = true;
    state_ = room_queue_ = count_ = sync_ = nullptr;
    times_.clear();
    talk_.clear();
    drop_frames_except(0, 0);
}

void Outbox::abandon() {
    finish();
    broken_ = true;
    queue_.clear();
    replies_.clear();
    has_more_ = false;
}

void Outbox::resume() {
    full_ = false;
    want_sending();
}

Outbox::LineInfo Outbox::line_info() const {
    LineInfo line;
    if (broken_) return line;
    int bytes = 0;
    if (::ioctl(socket_, SIOCOUTQ, &bytes) == 0) line.unacked_bytes = bytes;
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(socket_, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return line;
    line.round_trip = ServerClock::duration(info.tcpi_min_rtt);
    line.acked_bytes = static_cast<std::int64_t>(info.tcpi_bytes_acked);
    return line;
}

void Outbox::gather_more(ServerTime now) {
    has_more_ = false;
    // Ahead of the audio that has not begun yet; the close behind all.
    auto place = finishing_ ? queue_.end() : queue_.begin() + (begun_ > 0 ? 1 : 0);
    const auto insert = [&](WirePtr message) { place = queue_.insert(place, {std::move(message), 0}) + 1; };
    for (const TimeAnswer& answer : std::exchange(times_, {})) insert(make_wire(Opcode::binary, time_answer_bytes(answer, now)));
    for (WirePtr& reply : std::exchange(replies_, {})) insert(std::move(reply));
    for (WirePtr& talk : std::exchange(talk_, {})) insert(std::move(talk));
    if (state_) insert(std::exchange(state_, nullptr));
    if (room_queue_) insert(std::exchange(room_queue_, nullptr));
    if (count_) insert(std::exchange(count_, nullptr));
    if (sync_) queue_.push_back({std::exchange(sync_, nullptr), 0});
}

std::size_t Outbox::gather(std::span<iovec> parts, ServerTime now) {
    if (has_more_) gather_more(now);
    gathered_ = 0;
    std::size_t count = 0;
    for (const Queued& each : queue_) {
        if (count == parts.size()) break;
        const auto& bytes = each.message->bytes;
        const std::size_t gone = count == 0 ? begun_ : 0;
        parts[count++] = {const_cast<std::uint8_t*>(bytes.data()) + gone, bytes.size() - gone};
        gathered_ += bytes.size() - gone;
    }
    return count;
}

void Outbox::taken(ssize_t result) {
    if (broken_) return;
    if (result < 0 && result != -EAGAIN && result != -EWOULDBLOCK && result != -EINTR) {
        abandon();
        events_.broken();
        return;
    }
    auto left = static_cast<std::size_t>(std::max<ssize_t>(result, 0));
    const bool all = left == gathered_;
    auto sent = queue_.begin();
    while (sent != queue_.end() && left >= sent->message->bytes.size() - begun_) {
        left -= sent->message->bytes.size() - begun_;
        begun_ = 0;
        ++sent;
    }
    queue_.erase(queue_.begin(), sent);
    begun_ += left;
    if (!all) {
        full_ = true;
        events_.full();
    } else if (!queue_.empty()) {
        want_sending();  // more pieces than fit into one call
    } else if (std::exchange(tells_drained_, false)) {
        events_.drained();
    }
}

}  // namespace musicspace::relay
