#include "relay/broadcast/outbox.h"

#include <utility>

namespace musicspace::relay {

namespace {

template <typename T>
T take_front(std::deque<T>& queue) {
    T front = std::move(queue.front());
    queue.pop_front();
    return front;
}

}  // namespace

void Outbox::push(const FramePtr& frame) {
    frames_.push_back(frame);
    audio_bytes_ += frame->bytes.size();
    while (audio_bytes_ > limits_.audio_bytes && frames_.size() > 1) {
        audio_bytes_ -= take_front(frames_)->bytes.size();
        ++dropped_;
    }
    wake_();
}

void Outbox::push_state(const TextPtr& state) {
    state_ = state;
    wake_();
}

void Outbox::push_sync(const TextPtr& sync) {
    sync_ = sync;
    wake_();
}

bool Outbox::push_reply(const TextPtr& reply) {
    if (replies_.size() >= limits_.texts) return false;
    replies_.push_back(reply);
    wake_();
    return true;
}

void Outbox::push_time(const TimeAnswer& answer) {
    if (times_.size() >= limits_.times) times_.pop_front();
    times_.push_back(answer);
    wake_();
}

void Outbox::drop_before(std::uint32_t epoch) {
    std::erase_if(frames_, [&](const FramePtr& frame) {
        if (frame->epoch >= epoch) return false;
        audio_bytes_ -= frame->bytes.size();
        return true;
    });
}

std::optional<Outbox::Message> Outbox::pop() {
    if (!times_.empty()) return take_front(times_);
    if (!replies_.empty()) return take_front(replies_);
    if (state_) return std::exchange(state_, nullptr);
    if (frames_.empty()) return sync_ ? std::optional<Message>(std::exchange(sync_, nullptr)) : std::nullopt;
    FramePtr frame = take_front(frames_);
    audio_bytes_ -= frame->bytes.size();
    return frame;
}

}  // namespace musicspace::relay
