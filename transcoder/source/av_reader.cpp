#include "transcoder/source/av_reader.h"

#include "transcoder/transcode_error.h"

namespace musicspace::transcoder {

namespace {
constexpr int kBufferBytes = 32'768;
constexpr std::int64_t kMostNestedBytes = std::int64_t{256} << 20U;  // of a segment or playlist: as much as a spool keeps of a track
}  // namespace

AvReader::AvReader(std::unique_ptr<Source> source, DemuxGuard& guard, std::string url, bool nested)
    : source_(std::move(source)), guard_(guard), url_(std::move(url)), nested_(nested), playlist_(url_.size()) {
    auto* buffer = static_cast<unsigned char*>(av_malloc(kBufferBytes));
    context_.reset(avio_alloc_context(buffer, kBufferBytes, 0, this, &AvReader::read, nullptr, &AvReader::seek));
    if (!context_) throw TranscodeFailure(Fault::internal, "The server is out of memory.");
}

void AvReader::rethrow() {
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

// Before FFmpeg does.
void AvReader::look_into(std::span<const std::uint8_t> bytes) {
    guard_.take_bytes(bytes.size(), nested_);
    const std::int64_t lasting = playlist_.lasting_memory();
    playlist_.feed(bytes);
    if (playlist_.is_playlist()) guard_.take_playlist(url_, nested_, playlist_, playlist_.lasting_memory() - lasting);
    if (!guard_.before_sound()) return;
    const std::int64_t samples = claims_.samples();
    claims_.feed(bytes, position_);
    guard_.take_claims(claims_, claims_.samples() - samples);
}

int AvReader::read(void* self, std::uint8_t* into, int size) {
    auto& reader = *static_cast<AvReader*>(self);
    try {
        reader.guard_.check();
        if (reader.nested_ && reader.position_ > kMostNestedBytes) return AVERROR_EOF;
        reader.source_->wait_until(reader.guard_.deadline());
        const std::size_t count = reader.source_->read({into, static_cast<std::size_t>(size)});
        reader.look_into({into, count});
        reader.failure_ = nullptr;
        reader.position_ += static_cast<std::int64_t>(count);
        return count == 0 ? AVERROR_EOF : static_cast<int>(count);
    } catch (...) {
        reader.failure_ = std::current_exception();
        return AVERROR_EXIT;
    }
}

std::int64_t AvReader::seek(void* self, std::int64_t offset, int whence) {
    auto& reader = *static_cast<AvReader*>(self);
    try {
        reader.source_->wait_until(reader.guard_.deadline());
        const auto size = (whence & ~AVSEEK_FORCE) == SEEK_SET || whence == SEEK_CUR ? std::nullopt : reader.source_->size();
        if (whence == AVSEEK_SIZE) return size.value_or(AVERROR(ENOSYS));
        switch (whence & ~AVSEEK_FORCE) {
            case SEEK_SET:
                break;
            case SEEK_CUR:
                if (__builtin_add_overflow(offset, reader.position_, &offset)) return AVERROR(EINVAL);
                break;
            case SEEK_END:
                if (!size) return AVERROR(ENOSYS);
                if (__builtin_add_overflow(offset, *size, &offset)) return AVERROR(EINVAL);
                break;
            default:
                return AVERROR(EINVAL);
        }
        if (offset < 0) return AVERROR(EINVAL);
        reader.source_->seek(offset);
        reader.position_ = offset;
        return offset;
    } catch (...) {
        reader.failure_ = std::current_exception();
        return AVERROR_EXIT;
    }
}

}  // namespace musicspace::transcoder
