#include "transcoder/source/http_source.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstring>

namespace musicspace::transcoder {

namespace {
constexpr int kTries = 3;
}

HttpSource::HttpSource(std::string url, HttpHeaders headers, AddressPolicy addresses, std::stop_token stop)
    : url_(std::move(url)), headers_(std::move(headers)), stop_(std::move(stop)), transfer_(addresses) {
    transfer_.start(url_, headers_, 0);
}

// Throws when it is time to give up.
std::chrono::milliseconds HttpSource::patience() const {
    if (!deadline_) return std::chrono::hours(1);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline_ - std::chrono::steady_clock::now());
    if (left.count() <= 0) throw TranscodeFailure(Fault::timed_out, "The track's site did not answer in time.");
    return left;
}

// Until bytes are here, or the end.
void HttpSource::fetch() {
    const std::stop_callback wake(stop_, [this] { transfer_.wake(); });
    while (buffered() == 0 && !ended_) {
        if (stop_.stop_requested()) throw TranscodeFailure(Fault::cancelled, "Opening the link was cancelled.");
        read_ = 0;
        switch (transfer_.step(buffer_, patience())) {
            case HttpTransfer::Step::bytes:
                any_bytes_ = true;
                fruitless_tries_ = 0;
                skip_to_position();
                break;
            case HttpTransfer::Step::woken:
                break;
            case HttpTransfer::Step::ended:
                ended_ = true;
                break;
            case HttpTransfer::Step::failed: {
                const TransferFailure& failure = transfer_.failure();
                const bool passing = failure.kind == TransferFailure::Kind::broken || failure.kind == TransferFailure::Kind::stalled;
                if (passing && ++fruitless_tries_ <= kTries) {
                    transfer_.start(url_, headers_, position_);
                } else if (!any_bytes_) {
                    throw failure.explained();
                } else {
                    spdlog::warn("media ended early at byte {}: {}", position_, failure.detail);
                    ended_ = true;
                }
            }
        }
    }
}

// A site that cannot hand out parts begins at 0 again.
void HttpSource::skip_to_position() {
    const std::int64_t first = transfer_.offset() - static_cast<std::int64_t>(buffer_.size());
    read_ = static_cast<std::size_t>(std::clamp<std::int64_t>(position_ - first, 0, static_cast<std::int64_t>(buffer_.size())));
}

std::size_t HttpSource::read(std::span<std::uint8_t> into) {
    if (stop_.stop_requested()) throw TranscodeFailure(Fault::cancelled, "Opening the link was cancelled.");
    fetch();
    const std::size_t count = std::min(into.size(), buffered());
    if (count == 0) return 0;
    std::memcpy(into.data(), buffer_.data() + read_, count);
    read_ += count;
    position_ += static_cast<std::int64_t>(count);
    return count;
}

void HttpSource::seek(std::int64_t offset) {
    const std::int64_t ahead = offset - position_;
    if (ahead >= 0 && ahead <= static_cast<std::int64_t>(buffered())) {
        read_ += static_cast<std::size_t>(ahead);
    } else {
        buffer_.clear();
        read_ = 0;
        ended_ = false;
        transfer_.start(url_, headers_, offset);
    }
    position_ = offset;
}

std::optional<std::int64_t> HttpSource::size() {
    fetch();
    return transfer_.size();
}

}  // namespace musicspace::transcoder
