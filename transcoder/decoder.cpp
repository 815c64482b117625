#include "transcoder/decoder.h"

#include <algorithm>

#include "transcoder/demuxed_audio.h"
#include "transcoder/transcode_error.h"

namespace musicspace::transcoder {

namespace {

// Time stamps wander by a container's rounding (1 ms in WebM); only a larger step is a hole or a repeat.
constexpr MediaDuration kTolerance{kSampleRate / 20};
constexpr MediaDuration kLongestHole{kSampleRate * 10};
// Lossy codecs need some packets before their output is right; it is decoded and thrown away.
constexpr MediaDuration kPreRoll{kSampleRate / 10};
// Becomes a second of sound at the lowest rate that is played.
constexpr int kMostSamplesInPiece = 4096;

}  // namespace

class Decoder::Reading {
public:
    Reading(std::unique_ptr<Demuxer> demuxer, MediaTime start) : demuxed_(std::move(demuxer)), start_(start) {
        // The first frame's stamp, not the container's start time, says where the track's first audible sample lies.
        const AVFrame* first = demuxed_.next_frame();
        if (first == nullptr) throw TranscodeFailure(Fault::no_audio, "There is no sound in what this link leads to.");
        origin_ = first->best_effort_timestamp == AV_NOPTS_VALUE ? 0 : first->best_effort_timestamp;
        if (start > MediaTime{}) {
            demuxed_.seek(std::max(MediaTime{}, start - kPreRoll), origin_);
        } else {
            pending_first_ = first;
        }
    }

    bool read(std::vector<float>& pcm) {
        if (frame_ == nullptr) {
            frame_ = pending_first_ != nullptr ? std::exchange(pending_first_, nullptr) : demuxed_.next_frame();
            taken_ = 0;
            if (frame_ == nullptr) {
                if (ended_) return false;
                ended_ = true;
                drain(pcm);
                return true;
            }
            align(*frame_, pcm);
            if (frame_->format != format_ || frame_->sample_rate != rate_ || frame_->ch_layout.nb_channels != channels_) {
                if (resampler_) drain(pcm);  // what the old format still holds
                configure(*frame_);
            }
        }
        resample_piece(pcm);
        return true;
    }

private:
    void align(const AVFrame& frame, std::vector<float>& pcm) {
        const bool stamped = frame.best_effort_timestamp != AV_NOPTS_VALUE;
        if (!next_) {
            next_ = stamped ? snapped(demuxed_.demuxer().position_of(frame.best_effort_timestamp, origin_), frame) : start_;
            if (*next_ > start_) {
                const auto missing = std::min(*next_ - start_, kLongestHole);
                pcm.insert(pcm.end(), static_cast<std::size_t>(missing.count() * kChannels), 0.0F);
            }
            to_drop_ = std::max(MediaDuration{0}, start_ - *next_);
            return;
        }
        if (!stamped) return;
        const MediaDuration step = demuxed_.demuxer().position_of(frame.best_effort_timestamp, origin_) - *next_ - pending_in_resampler();
        if (step > kTolerance && step < kLongestHole) {
            pcm.insert(pcm.end(), static_cast<std::size_t>(step.count() * kChannels), 0.0F);
            *next_ += step;
        }
    }

    // WebM rounds time stamps to 1 ms, but Opus packets lie on a grid of their own length that begins before the track by the
    // encoder's delay: the grid says which sample is meant.
    [[nodiscard]] MediaTime snapped(MediaTime position, const AVFrame& frame) const {
        const AVCodecParameters& codec = *demuxed_.demuxer().stream().codecpar;
        if (codec.codec_id != AV_CODEC_ID_OPUS || frame.nb_samples != kPacketSamples || position <= MediaTime{}) return position;
        return on_packet_grid(position, MediaDuration{codec.initial_padding});
    }

    [[nodiscard]] MediaDuration pending_in_resampler() const {
        return MediaDuration{resampler_ ? swr_get_delay(resampler_.get(), kSampleRate) : 0};
    }

    void configure(const AVFrame& frame) {
        AVChannelLayout stereo = AV_CHANNEL_LAYOUT_STEREO;
        AVChannelLayout layout{};
        if (frame.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) {
            av_channel_layout_default(&layout, frame.ch_layout.nb_channels);
        } else {
            av_channel_layout_copy(&layout, &frame.ch_layout);
        }
        SwrContext* context = nullptr;
        const int set = swr_alloc_set_opts2(&context, &stereo, AV_SAMPLE_FMT_FLT, static_cast<int>(kSampleRate), &layout,
                                            static_cast<AVSampleFormat>(frame.format), frame.sample_rate, 0, nullptr);
        resampler_.reset(context);
        av_channel_layout_uninit(&layout);
        if (set < 0 || swr_init(context) < 0) throw TranscodeFailure(Fault::unreadable, "This track's sound format is not understood.");
        format_ = frame.format;
        rate_ = frame.sample_rate;
        channels_ = frame.ch_layout.nb_channels;
    }

    // A frame may be as large as its codec likes, and become many times as large: it is taken in pieces.
    void resample_piece(std::vector<float>& pcm) {
        const int count = std::min(frame_->nb_samples - taken_, kMostSamplesInPiece);
        const bool planar = av_sample_fmt_is_planar(static_cast<AVSampleFormat>(frame_->format)) != 0;
        const std::ptrdiff_t skipped = std::ptrdiff_t{taken_} * av_get_bytes_per_sample(static_cast<AVSampleFormat>(frame_->format)) *
                                       (planar ? 1 : frame_->ch_layout.nb_channels);
        planes_.clear();
        for (int plane = 0; plane < (planar ? frame_->ch_layout.nb_channels : 1); ++plane) {
            planes_.push_back(frame_->extended_data[plane] + skipped);
        }
        resample(planes_.data(), count, pcm);
        taken_ += count;
        if (taken_ >= frame_->nb_samples) frame_ = nullptr;
    }

    void drain(std::vector<float>& pcm) {
        if (resampler_) resample(nullptr, 0, pcm);
    }

    void resample(const std::uint8_t** data, int in, std::vector<float>& pcm) {
        const int room = swr_get_out_samples(resampler_.get(), in);
        if (room <= 0) return;
        output_.resize(static_cast<std::size_t>(room) * kChannels);
        auto* out = reinterpret_cast<std::uint8_t*>(output_.data());
        const int made = swr_convert(resampler_.get(), &out, room, data, in);
        if (made <= 0) return;
        *next_ += MediaDuration{made};
        const auto dropped = std::min(to_drop_, MediaDuration{made});
        to_drop_ -= dropped;
        pcm.insert(pcm.end(), output_.begin() + dropped.count() * kChannels, output_.begin() + std::ptrdiff_t{made} * kChannels);
    }

    DemuxedAudio demuxed_;
    const MediaTime start_;
    std::int64_t origin_ = 0;
    const AVFrame* pending_first_ = nullptr;
    const AVFrame* frame_ = nullptr;           ///< being taken
    int taken_ = 0;                            ///< samples of it
    std::vector<const std::uint8_t*> planes_;  ///< where its next piece begins
    AvPtr<SwrContext> resampler_;
    std::vector<float> output_;
    std::optional<MediaTime> next_;  ///< media position of the resampler's next output sample
    MediaDuration to_drop_{0};
    int format_ = -1;
    int rate_ = 0;
    int channels_ = 0;
    bool ended_ = false;
};

Decoder::Decoder(std::unique_ptr<Demuxer> demuxer, MediaTime start) : reading_(std::make_unique<Reading>(std::move(demuxer), start)) {}

Decoder::~Decoder() = default;

bool Decoder::read(std::vector<float>& pcm) { return reading_->read(pcm); }

}  // namespace musicspace::transcoder
