#pragma once
// A media URL, read straight from its site: live streams, and what HLS playlists name. A connection that breaks is taken up again
// at the byte it broke at. Used on one pipeline thread; the stop token wakes a blocked read from any thread.
// Why not FFmpeg's http: docs/adr/0002-media-over-libcurl.md. What is read more than once goes through a Spool.

#include <stop_token>

#include "transcoder/source/http_transfer.h"
#include "transcoder/source/source.h"

namespace musicspace::transcoder {

class HttpSource final : public Source {
public:
    HttpSource(std::string url, HttpHeaders headers, AddressPolicy addresses, std::stop_token stop);

    [[nodiscard]] std::size_t read(std::span<std::uint8_t> into) override;
    void seek(std::int64_t offset) override;
    [[nodiscard]] std::optional<std::int64_t> size() override;
    void wait_until(std::optional<std::chrono::steady_clock::time_point> deadline) override { deadline_ = deadline; }

private:
    [[nodiscard]] std::chrono::milliseconds patience() const;
    void fetch();
    void skip_to_position();
    [[nodiscard]] std::size_t buffered() const { return buffer_.size() - read_; }

    const std::string url_;
    const HttpHeaders headers_;
    const std::stop_token stop_;
    std::optional<std::chrono::steady_clock::time_point> deadline_;
    HttpTransfer transfer_;
    std::vector<std::uint8_t> buffer_;  ///< unread bytes start at read_
    std::size_t read_ = 0;
    std::int64_t position_ = 0;  ///< of the next byte to hand out
    bool ended_ = false;
    bool any_bytes_ = false;
    int fruitless_tries_ = 0;
};

}  // namespace musicspace::transcoder
