#include "transcoder/encode_lane.h"

#include <algorithm>

namespace musicspace::transcoder {

namespace {

constexpr std::size_t kPacketFloats = static_cast<std::size_t>(kPacketSamples) * kChannels;

}  // namespace

EncodeLane::EncodeLane(std::unique_ptr<Demuxer> demuxer, BlockGrid grid, std::int64_t first_block)
    : grid_(grid), block_(first_block), decoded_until_(std::max(MediaTime{}, grid.start_of(first_block))) {
    decoder_ = std::make_unique<Decoder>(std::move(demuxer), decoded_until_);
    if (grid_.speed != kNormalSpeed) filter_ = std::make_unique<SpeedFilter>(grid_.speed);
    // A grid that follows the source's own packets may begin before the track does.
    const MediaDuration before = decoded_until_ - position();
    pcm_.resize(static_cast<std::size_t>(before.count() * kChannels), 0.0F);
}

void EncodeLane::go_on_in(std::unique_ptr<Demuxer> demuxer) { decoder_ = std::make_unique<Decoder>(std::move(demuxer), decoded_until_); }

// Until a whole block is there, or the end.
void EncodeLane::fill() {
    while (!ended_ && pcm_.size() < kPacketFloats) {
        std::vector<float>& into = filter_ ? decoded_ : pcm_;
        const std::size_t before = into.size();
        const bool more = decoder_->read(into);
        decoded_until_ += MediaDuration{static_cast<std::int64_t>(into.size() - before) / kChannels};
        if (filter_) {
            filter_->write(decoded_, pcm_);
            decoded_.clear();
            if (!more) filter_->finish(pcm_);
        }
        if (!more) take_end();
    }
}

void EncodeLane::take_end() {
    ended_ = true;
    end_ = position() + MediaDuration{static_cast<std::int64_t>(pcm_.size()) / kChannels * grid_.speed / kNormalSpeed};
    // The last samples are still inside the encoders.
    pcm_.resize(pcm_.size() + static_cast<std::size_t>(kEncoderLookahead.count() * kChannels), 0.0F);
    pcm_.resize((pcm_.size() + kPacketFloats - 1) / kPacketFloats * kPacketFloats, 0.0F);
}

void EncodeLane::step(std::vector<Made>& made) {
    fill();
    if (pcm_.size() < kPacketFloats) return;
    const MediaTime packet_at = position() - kEncoderLookahead * grid_.speed / kNormalSpeed;
    for (auto& [tier, encoder] : encoders_) {
        made.push_back({tier, {packet_at, encoder.encode({pcm_.data(), kPacketFloats}), grid_.span()}});
    }
    pcm_.erase(pcm_.begin(), pcm_.begin() + static_cast<std::ptrdiff_t>(kPacketFloats));
    ++block_;
}

}  // namespace musicspace::transcoder
