#pragma once
// One decoding of a media from some block on, encoded for any number of tiers. Several lanes of a pipeline work on one grid of
// 20 ms blocks: a lane that was opened later, for a tier that somebody began to listen to, joins the others where it has caught up
// with them. Owned by one pipeline, used on its thread.

#include <map>
#include <memory>
#include <vector>

#include "transcoder/decoder.h"
#include "transcoder/demuxer.h"
#include "transcoder/opus_encoder.h"
#include "transcoder/packet.h"
#include "transcoder/speed_filter.h"
#include "transcoder/tier.h"

namespace musicspace::transcoder {

/// Which media samples are encoded together.
struct BlockGrid {
    MediaTime base;  ///< of block 0
    SpeedPercent speed = kNormalSpeed;

    [[nodiscard]] MediaDuration span() const { return packet_span(speed); }
    [[nodiscard]] MediaTime start_of(std::int64_t block) const { return base + span() * block; }
    /// The block that holds `position`.
    [[nodiscard]] std::int64_t block_of(MediaTime position) const {
        const auto distance = (position - base).count();
        return (distance - (distance < 0 ? span().count() - 1 : 0)) / span().count();
    }
};

class EncodeLane {
public:
    /// `demuxer`: freshly opened; goes to `first_block`. Throws TranscodeFailure.
    EncodeLane(std::unique_ptr<Demuxer> demuxer, BlockGrid grid, std::int64_t first_block);

    void add(Tier tier) { encoders_.try_emplace(tier, bits_per_second(tier)); }
    void remove(Tier tier) { encoders_.erase(tier); }
    [[nodiscard]] bool idle() const { return encoders_.empty(); }
    [[nodiscard]] bool ended() const { return ended_ && pcm_.empty(); }
    /// The next block to be encoded.
    [[nodiscard]] std::int64_t block() const { return block_; }
    [[nodiscard]] MediaTime position() const { return grid_.start_of(block_); }
    /// Position of the track's end, once ended().
    [[nodiscard]] MediaTime end() const { return end_; }

    /// Takes over the tiers of a lane that stands at the same block.
    void absorb(EncodeLane& other) { encoders_.merge(other.encoders_); }

    struct Made {
        Tier tier;
        Packet packet;
    };
    /// Encodes one block for every tier. Nothing once ended(). Throws TranscodeFailure.
    void step(std::vector<Made>& made);

    /// Goes on where this lane stands in another file of the same track.
    void go_on_in(std::unique_ptr<Demuxer> demuxer);

private:
    void fill();
    void take_end();

    const BlockGrid grid_;
    std::unique_ptr<Decoder> decoder_;
    std::unique_ptr<SpeedFilter> filter_;  ///< empty at normal speed
    std::map<Tier, PacketEncoder> encoders_;
    std::int64_t block_;
    MediaTime decoded_until_;     ///< media position of the decoder's next sample
    std::vector<float> pcm_;      ///< from block_ on
    std::vector<float> decoded_;  ///< on its way through the filter
    MediaTime end_{};
    bool ended_ = false;
};

}  // namespace musicspace::transcoder
