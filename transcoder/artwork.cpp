#include "transcoder/artwork.h"

#include <spdlog/spdlog.h>

#include "transcoder/source/http_transfer.h"

namespace musicspace::transcoder {

std::optional<std::string> picture_type(std::string_view bytes) {
    using namespace std::string_view_literals;
    if (bytes.starts_with("\xff\xd8\xff"sv)) return "image/jpeg";
    if (bytes.starts_with("\x89PNG\r\n\x1a\n"sv)) return "image/png";
    if (bytes.starts_with("GIF87a"sv) || bytes.starts_with("GIF89a"sv)) return "image/gif";
    if (bytes.starts_with("RIFF"sv) && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP"sv) return "image/webp";
    return std::nullopt;
}

std::optional<Artwork> fetch_artwork(const std::string& url, AddressPolicy addresses, const std::stop_token& stop,
                                     std::chrono::milliseconds time) {
    using Clock = std::chrono::steady_clock;
    const auto deadline = Clock::now() + time;
    HttpTransfer transfer(addresses);
    const std::stop_callback wake(stop, [&transfer] { transfer.wake(); });
    transfer.start(url, {}, 0);
    Artwork artwork;
    std::vector<std::uint8_t> piece;
    while (!stop.stop_requested()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) {
            spdlog::info("a track's picture takes too long");
            return std::nullopt;
        }
        switch (transfer.step(piece, left)) {
            case HttpTransfer::Step::bytes:
                artwork.bytes.append(piece.begin(), piece.end());
                if (artwork.bytes.size() > kMaxArtworkBytes) {
                    spdlog::info("a track's picture is too large");
                    return std::nullopt;
                }
                break;
            case HttpTransfer::Step::woken:
                break;
            case HttpTransfer::Step::failed:
                spdlog::info("a track's picture could not be fetched: {}", transfer.failure().detail);
                return std::nullopt;
            case HttpTransfer::Step::ended: {
                auto type = picture_type(artwork.bytes);
                if (!type) return std::nullopt;
                artwork.type = *std::move(type);
                return artwork;
            }
        }
    }
    return std::nullopt;
}

}  // namespace musicspace::transcoder
