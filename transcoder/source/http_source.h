#pragma once
// A media URL, read over HTTP(S) with libcurl under back-pressure: at most kBufferLimit bytes wait here, then the socket is left
// unread. Every connection, redirects included, passes the address policy at the moment it is made. A connection that breaks
// is taken up again at the byte it broke at. Used on one pipeline thread; the stop token wakes a blocked read from any thread.
// Why not FFmpeg's http: docs/adr/0002-media-over-libcurl.md.

#include <curl/curl.h>

#include <string>
#include <vector>

#include "transcoder/source/source.h"
#include "transcoder/transcode_error.h"

namespace musicspace::transcoder {

class HttpSource final : public Source {
public:
    static constexpr std::size_t kBufferLimit = 1U << 20U;

    HttpSource(std::string url, const std::vector<std::pair<std::string, std::string>>& headers, AddressPolicy addresses,
               std::stop_token stop);
    ~HttpSource() override;

    [[nodiscard]] std::size_t read(std::span<std::uint8_t> into) override;
    void seek(std::int64_t offset) override;
    [[nodiscard]] std::optional<std::int64_t> size() override;

private:
    static std::size_t on_body(char* data, std::size_t unit, std::size_t count, void* self);
    static curl_socket_t on_open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
    void start_transfer(std::int64_t offset);
    void stop_transfer();
    void wait_for_bytes();
    void collect_result();
    void finish_transfer(CURLcode code);
    bool retry_after(CURLcode code);
    [[nodiscard]] TranscodeFailure failure_of(CURLcode code) const;
    [[nodiscard]] std::size_t buffered() const { return buffer_.size() - read_; }

    const std::string url_;
    const AddressPolicy addresses_;
    const std::stop_token stop_;
    curl_slist* headers_ = nullptr;
    CURLM* multi_ = nullptr;
    CURL* easy_ = nullptr;

    std::vector<std::uint8_t> buffer_;  ///< unread bytes start at read_
    std::size_t read_ = 0;
    std::int64_t position_ = 0;  ///< of the next byte to hand out
    std::int64_t to_skip_ = 0;   ///< bytes to drop first, where the server ignores Range
    std::optional<std::int64_t> size_;
    bool transferring_ = false;
    bool ended_ = false;
    bool answered_ = false;  ///< this transfer's first byte has come
    bool paused_ = false;
    bool refused_address_ = false;
    int fruitless_tries_ = 0;
};

}  // namespace musicspace::transcoder
