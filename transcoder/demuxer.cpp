#include "transcoder/demuxer.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "transcoder/source/http_source.h"
#include "transcoder/transcode_error.h"
#include "transcoder/wanted_formats.h"

namespace musicspace::transcoder {

namespace {

// A tag's text is cut here; what is shown of it is shorter still.
constexpr std::size_t kMostTagBytes = 4096;
// A file may have as many streams; each costs memory.
constexpr int kMostStreams = 64;
// Positions beyond this are nonsense, and sums of them would overflow.
constexpr std::int64_t kFarthest = std::int64_t{1} << 52U;

std::string tag_of(const AVDictionary* tags, const char* name) {
    const AVDictionaryEntry* entry = av_dict_get(tags, name, nullptr, 0);
    return entry != nullptr ? std::string(entry->value, ::strnlen(entry->value, kMostTagBytes)) : "";
}

}  // namespace

Demuxer::Demuxer(std::shared_ptr<const Media> media, std::stop_token stop)
    : media_(std::move(media)), stop_(std::move(stop)), guard_(media_->opening(), stop_), packet_(av_packet_alloc()) {
    av_log_set_level(AV_LOG_QUIET);
    av_max_alloc(kLargestAllocation);
    readers_.emplace_back(media_->open(stop_), guard_, media_->track().media_url, false);
    open_container();
}

int Demuxer::interrupted(void* self) {
    const auto& demuxer = *static_cast<Demuxer*>(self);
    return demuxer.stop_.stop_requested() || demuxer.guard_.broken() ? 1 : 0;
}

void Demuxer::check() {
    if (stop_.stop_requested()) throw TranscodeFailure(Fault::cancelled, "Opening the link was cancelled.");
    guard_.check();
}

void Demuxer::rethrow() {
    check();
    for (AvReader& reader : readers_) reader.rethrow();
}

// HLS playlists name further URLs. They are read by the same HttpSource, under the same policy, and nothing but http(s) is.
int Demuxer::open_nested(AVFormatContext* context, AVIOContext** io, const char* url, int flags, AVDictionary** /*options*/) {
    auto& self = *static_cast<Demuxer*>(context->opaque);
    const std::string_view target(url);
    if ((flags & AVIO_FLAG_WRITE) != 0 || (!target.starts_with("http://") && !target.starts_with("https://"))) return AVERROR(EACCES);
    try {
        self.guard_.await_turn();
        self.readers_.emplace_back(std::make_unique<HttpSource>(url, self.media_->track().headers, self.media_->addresses(), self.stop_),
                                   self.guard_, url, true);
        *io = self.readers_.back().context();
        return 0;
    } catch (const std::exception& error) {
        if (self.guard_.broken()) return AVERROR_EXIT;
        spdlog::info("a playlist's part could not be opened: {}", error.what());
        return AVERROR(EIO);
    }
}

int Demuxer::close_nested(AVFormatContext* context, AVIOContext* io) {
    auto& self = *static_cast<Demuxer*>(context->opaque);
    self.readers_.remove_if([io](AvReader& reader) { return reader.context() == io; });
    return 0;
}

void Demuxer::open_container() {
    AVFormatContext* context = avformat_alloc_context();
    if (context == nullptr) throw TranscodeFailure(Fault::internal, "The server is out of memory.");
    context->pb = readers_.front().context();
    context->flags |= AVFMT_FLAG_CUSTOM_IO;
    context->opaque = this;
    context->io_open = &Demuxer::open_nested;
    context->io_close2 = &Demuxer::close_nested;
    context->interrupt_callback = {&Demuxer::interrupted, this};
    context->probesize = 1 << 20;
    context->max_analyze_duration = 2 * AV_TIME_BASE;
    context->max_streams = kMostStreams + 1;  // one more shows that there are too many: newer demuxers drop it without a word
    context->format_whitelist = av_strdup(kWantedFormats);
    context->codec_whitelist = av_strdup(kWantedDecoders);
    AVDictionary* options = nullptr;
    av_dict_set(&options, "http_persistent", "0", 0);  // HLS would reach behind our reader to reuse a connection
    av_dict_set(&options, "http_multiple", "0", 0);
    // On failure FFmpeg frees the context.
    const int opened = avformat_open_input(&context, media_->track().media_url.c_str(), nullptr, &options);
    av_dict_free(&options);
    if (opened < 0) {
        rethrow();
        throw TranscodeFailure(Fault::unreadable, "What this link leads to is no sound that can be played.");
    }
    container_.reset(context);
    if (avformat_find_stream_info(container_.get(), nullptr) < 0) {
        rethrow();
        throw TranscodeFailure(Fault::unreadable, "What this link leads to is damaged or empty.");
    }
    if (container_->nb_streams > static_cast<unsigned>(kMostStreams)) {
        throw TranscodeFailure(Fault::unreadable, "What this link leads to has more streams than are played here.");
    }
    stream_ = av_find_best_stream(container_.get(), AVMEDIA_TYPE_AUDIO, -1, -1, &codec_, 0);
    if (stream_ < 0 || codec_ == nullptr) throw TranscodeFailure(Fault::no_audio, "There is no sound in what this link leads to.");
    for (unsigned i = 0; i < container_->nb_streams; ++i) {
        if (static_cast<int>(i) != stream_) container_->streams[i]->discard = AVDISCARD_ALL;
    }
}

StreamInfo Demuxer::info() const {
    StreamInfo info;
    if (container_->duration > 0) {
        info.duration = MediaDuration(std::clamp<std::int64_t>(av_rescale(container_->duration, kSampleRate, AV_TIME_BASE), 0, kFarthest));
    }
    // Ogg keeps its tags with the stream.
    for (const AVDictionary* tags : {container_->metadata, stream().metadata}) {
        if (info.title.empty()) info.title = tag_of(tags, "title");
        if (info.artist.empty()) info.artist = tag_of(tags, "artist");
    }
    for (unsigned i = 0; i < container_->nb_chapters && info.chapters.size() < kMostChapters; ++i) {
        const AVChapter& chapter = *container_->chapters[i];
        std::string title = tag_of(chapter.metadata, "title");
        const std::int64_t start = av_rescale_q(chapter.start, chapter.time_base, {1, static_cast<int>(kSampleRate)});
        if (!title.empty() && start >= 0 && start < kFarthest) info.chapters.push_back({media_time(start), std::move(title)});
    }
    std::ranges::sort(info.chapters, {}, &Chapter::start);
    return info;
}

MediaTime Demuxer::position_of(std::int64_t pts, std::int64_t origin) const {
    const std::int64_t position = av_rescale_q(av_sat_sub64(pts, origin), stream().time_base, {1, static_cast<int>(kSampleRate)});
    return media_time(std::clamp(position, -kFarthest, kFarthest));
}

void Demuxer::seek(MediaTime position, std::int64_t origin) {
    const std::int64_t target =
        av_sat_add64(origin, av_rescale_q(samples(position), {1, static_cast<int>(kSampleRate)}, stream().time_base));
    const int result = avformat_seek_file(container_.get(), stream_, INT64_MIN, target, target, 0);
    rethrow();
    if (result < 0) throw TranscodeFailure(Fault::unreadable, "This track cannot be moved to that position.");
}

const AVPacket* Demuxer::next() {
    while (true) {
        av_packet_unref(packet_.get());
        const int result = av_read_frame(container_.get(), packet_.get());
        if (result < 0) {
            rethrow();
            if (result == AVERROR_INVALIDDATA && ++damaged_in_a_row_ < kMaxDamagedInARow) continue;
            guard_.note_end();
            return nullptr;
        }
        damaged_in_a_row_ = 0;
        if (packet_->stream_index != stream_) continue;
        guard_.note_packet();
        return packet_.get();
    }
}

}  // namespace musicspace::transcoder
