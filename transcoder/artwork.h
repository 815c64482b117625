#pragma once
// A track's picture, fetched by the server so that listeners' browsers contact nobody else.

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "transcoder/source/address_policy.h"

namespace musicspace::transcoder {

struct Artwork {
    std::string type;   ///< a media type that browsers show and that cannot hold scripts
    std::string bytes;  ///< kMaxArtworkBytes at most
};

inline constexpr std::size_t kMaxArtworkBytes = 4U << 20U;
inline constexpr std::chrono::seconds kMostArtworkTime{20};  ///< a site that sends a byte now and then does not keep a place for ever

/// The media type that `bytes` begin like, whatever their site says: JPEG, PNG, WebP or GIF. Nothing for all else. Pure.
[[nodiscard]] std::optional<std::string> picture_type(std::string_view bytes);

/// Nothing when there is no such picture, it is too large, it is no picture, or it takes longer than `time`. Blocks; returns within 50
/// ms of a stop request.
[[nodiscard]] std::optional<Artwork> fetch_artwork(const std::string& url, AddressPolicy addresses, const std::stop_token& stop,
                                                   std::chrono::milliseconds time = kMostArtworkTime);

}  // namespace musicspace::transcoder
