#include "transcoder/speed_filter.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "transcoder/transcode_error.h"

namespace musicspace::transcoder {

namespace {

void check(int code) {
    if (code < 0) throw TranscodeFailure(Fault::internal, "The speed cannot be changed: " + av_error_text(code) + ".");
}

AVFilterContext* add_filter(AVFilterGraph& graph, const char* filter, const std::string& arguments) {
    AVFilterContext* made = nullptr;
    check(avfilter_graph_create_filter(&made, avfilter_get_by_name(filter), nullptr, arguments.c_str(), nullptr, &graph));
    return made;
}

}  // namespace

SpeedFilter::SpeedFilter(SpeedPercent speed) : graph_(avfilter_graph_alloc()), frame_(av_frame_alloc()) {
    const std::string rate = std::to_string(kSampleRate);
    graph_->nb_threads = 1;
    source_ = add_filter(*graph_, "abuffer", "time_base=1/" + rate + ":sample_rate=" + rate + ":sample_fmt=flt:channel_layout=stereo");
    AVFilterContext* tempo = add_filter(
        *graph_, "atempo",
        std::to_string(speed / kNormalSpeed) + "." + (speed % kNormalSpeed < 10 ? "0" : "") + std::to_string(speed % kNormalSpeed));
    sink_ = add_filter(*graph_, "abuffersink", "");
    check(avfilter_link(source_, 0, tempo, 0));
    check(avfilter_link(tempo, 0, sink_, 0));
    check(avfilter_graph_config(graph_.get(), nullptr));
}

void SpeedFilter::write(std::span<const float> pcm, std::vector<float>& out) {
    constexpr std::size_t kMost = 48'000;
    while (!pcm.empty()) {
        const auto part = pcm.first(std::min(pcm.size(), kMost * kChannels));
        pcm = pcm.subspan(part.size());
        av_frame_unref(frame_.get());
        frame_->format = AV_SAMPLE_FMT_FLT;
        frame_->sample_rate = static_cast<int>(kSampleRate);
        frame_->ch_layout = AV_CHANNEL_LAYOUT_STEREO;
        frame_->nb_samples = static_cast<int>(part.size() / kChannels);
        frame_->pts = written_;
        written_ += frame_->nb_samples;
        check(av_frame_get_buffer(frame_.get(), 0));
        std::memcpy(frame_->data[0], part.data(), part.size_bytes());
        check(av_buffersrc_add_frame(source_, frame_.get()));
        drain(out);
    }
}

void SpeedFilter::finish(std::vector<float>& out) {
    check(av_buffersrc_add_frame(source_, nullptr));
    drain(out);
}

void SpeedFilter::drain(std::vector<float>& out) {
    while (true) {
        av_frame_unref(frame_.get());
        const int result = av_buffersink_get_frame(sink_, frame_.get());
        if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return;
        check(result);
        const auto* samples = reinterpret_cast<const float*>(frame_->data[0]);
        out.insert(out.end(), samples, samples + std::ptrdiff_t{frame_->nb_samples} * kChannels);
    }
}

}  // namespace musicspace::transcoder
