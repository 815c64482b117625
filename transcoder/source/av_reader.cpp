#include "transcoder/source/av_reader.h"

#include "transcoder/transcode_error.h"

namespace musicspace::transcoder {

namespace {
constexpr int kBufferBytes = 32'768;
}

AvReader::AvReader(std::unique_ptr<Source> source) : source_(std::move(source)) {
    auto* buffer = static_cast<unsigned char*>(av_malloc(kBufferBytes));
    context_.reset(avio_alloc_context(buffer, kBufferBytes, 0, this, &AvReader::read, nullptr, &AvReader::seek));
    if (!context_) throw TranscodeFailure(Fault::internal, "The server is out of memory.");
}

void AvReader::rethrow() {
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

int AvReader::read(void* self, std::uint8_t* into, int size) {
    auto& reader = *static_cast<AvReader*>(self);
    try {
        const std::size_t count = reader.source_->read({into, static_cast<std::size_t>(size)});
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
        const auto size = (whence & ~AVSEEK_FORCE) == SEEK_SET || whence == SEEK_CUR ? std::nullopt : reader.source_->size();
        if (whence == AVSEEK_SIZE) return size.value_or(AVERROR(ENOSYS));
        switch (whence & ~AVSEEK_FORCE) {
            case SEEK_SET:
                break;
            case SEEK_CUR:
                offset += reader.position_;
                break;
            case SEEK_END:
                if (!size) return AVERROR(ENOSYS);
                offset += *size;
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
