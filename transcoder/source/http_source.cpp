#include "transcoder/source/http_source.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <mutex>

namespace musicspace::transcoder {

namespace {

constexpr int kTries = 3;

void initialise_curl_once() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

HttpSource::HttpSource(std::string url, const std::vector<std::pair<std::string, std::string>>& headers, AddressPolicy addresses,
                       std::stop_token stop)
    : url_(std::move(url)), addresses_(addresses), stop_(std::move(stop)) {
    initialise_curl_once();
    for (const auto& [name, value] : headers) {
        // Compressed transfer would make byte offsets meaningless.
        if (name != "Accept-Encoding") headers_ = curl_slist_append(headers_, (name + ": " + value).c_str());
    }
    multi_ = curl_multi_init();
    easy_ = curl_easy_init();
    if (multi_ == nullptr || easy_ == nullptr) throw TranscodeFailure(Fault::internal, "The server is out of memory.");
    start_transfer(0);
}

HttpSource::~HttpSource() {
    stop_transfer();
    curl_easy_cleanup(easy_);
    curl_multi_cleanup(multi_);
    curl_slist_free_all(headers_);
}

std::size_t HttpSource::on_body(char* data, std::size_t unit, std::size_t count, void* self) {
    auto& source = *static_cast<HttpSource*>(self);
    std::size_t bytes = unit * count;
    if (!source.answered_) {
        source.answered_ = true;
        long status = 0;
        curl_easy_getinfo(source.easy_, CURLINFO_RESPONSE_CODE, &status);
        curl_off_t length = -1;
        curl_easy_getinfo(source.easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
        const std::int64_t start = source.position_;
        source.to_skip_ = status == 206 ? 0 : start;
        if (length >= 0) source.size_ = length + (status == 206 ? start : 0);
    }
    if (source.buffered() + bytes > kBufferLimit && source.buffered() > 0) {
        source.paused_ = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    source.fruitless_tries_ = 0;
    const auto skipped = static_cast<std::size_t>(std::min<std::int64_t>(source.to_skip_, static_cast<std::int64_t>(bytes)));
    source.to_skip_ -= static_cast<std::int64_t>(skipped);
    if (source.read_ > kBufferLimit / 2 || source.buffered() == 0) {  // not at each call: this moves what is left
        source.buffer_.erase(source.buffer_.begin(), source.buffer_.begin() + static_cast<std::ptrdiff_t>(source.read_));
        source.read_ = 0;
    }
    source.buffer_.insert(source.buffer_.end(), data + skipped, data + bytes);
    return bytes;
}

curl_socket_t HttpSource::on_open_socket(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
    auto& source = *static_cast<HttpSource*>(self);
    if (!may_contact(address->addr, source.addresses_)) {
        source.refused_address_ = true;
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void HttpSource::start_transfer(std::int64_t offset) {
    stop_transfer();
    buffer_.clear();
    read_ = 0;
    to_skip_ = 0;
    position_ = offset;
    ended_ = answered_ = paused_ = refused_address_ = false;
    curl_easy_reset(easy_);
    curl_easy_setopt(easy_, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy_, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy_, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, 10'000L);
    curl_easy_setopt(easy_, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy_, CURLOPT_LOW_SPEED_TIME, 10L);
    curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy_, CURLOPT_FAILONERROR, 1L);
    // A proxy would connect for us, unchecked; under public_only every address is checked here.
    if (addresses_ == AddressPolicy::public_only) curl_easy_setopt(easy_, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &HttpSource::on_body);
    curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, &HttpSource::on_open_socket);
    curl_easy_setopt(easy_, CURLOPT_OPENSOCKETDATA, this);
    if (offset > 0) curl_easy_setopt(easy_, CURLOPT_RANGE, (std::to_string(offset) + "-").c_str());
    curl_multi_add_handle(multi_, easy_);
    transferring_ = true;
}

void HttpSource::stop_transfer() {
    if (transferring_) curl_multi_remove_handle(multi_, easy_);
    transferring_ = false;
}

TranscodeFailure HttpSource::failure_of(CURLcode code) const {
    if (refused_address_) {
        return {Fault::forbidden_target, "This link points into a private network, which this server does not play from."};
    }
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_HTTP_RETURNED_ERROR && (status == 404 || status == 410)) {
        return {Fault::not_found, "Nothing was found at this link. Check that it is complete and still works."};
    }
    if (code == CURLE_HTTP_RETURNED_ERROR) {
        return {Fault::unreadable, "The site refuses to hand out this track (HTTP status " + std::to_string(status) + ")."};
    }
    return {Fault::no_network, std::string("The track's site cannot be reached: ") + curl_easy_strerror(code) + "."};
}

bool HttpSource::retry_after(CURLcode code) {
    const bool transient = code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_OPERATION_TIMEDOUT ||
                           code == CURLE_GOT_NOTHING || code == CURLE_SEND_ERROR || code == CURLE_HTTP2_STREAM;
    if (!transient || ++fruitless_tries_ > kTries) return false;
    spdlog::info("media connection broke at byte {} ({}), try {}", position_, curl_easy_strerror(code), fruitless_tries_);
    start_transfer(position_);
    return true;
}

// Buffered bytes are handed out before a broken connection matters; so this is reached with an empty buffer only.
void HttpSource::finish_transfer(CURLcode code) {
    stop_transfer();
    if (code == CURLE_OK) {
        ended_ = true;
        return;
    }
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    if (status == 416) {  // a seek to the very end
        ended_ = true;
        return;
    }
    const bool had_bytes = position_ > 0 || answered_;
    const TranscodeFailure failure = failure_of(code);
    if (retry_after(code)) return;
    if (!had_bytes) throw failure;
    spdlog::warn("media ended early at byte {}: {}", position_, failure.what());
    ended_ = true;
}

void HttpSource::collect_result() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg == CURLMSG_DONE) {
            finish_transfer(message->data.result);
            return;
        }
    }
}

void HttpSource::wait_for_bytes() {
    const std::stop_callback wake(stop_, [this] { curl_multi_wakeup(multi_); });
    while (buffered() == 0 && !ended_) {
        if (stop_.stop_requested()) throw TranscodeFailure(Fault::cancelled, "Opening the link was cancelled.");
        if (paused_) {
            paused_ = false;
            curl_easy_pause(easy_, CURLPAUSE_CONT);
        }
        int running = 0;
        curl_multi_perform(multi_, &running);
        if (buffered() > 0) return;
        if (running == 0) {
            collect_result();
            continue;
        }
        curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
    }
}

std::size_t HttpSource::read(std::span<std::uint8_t> into) {
    if (stop_.stop_requested()) throw TranscodeFailure(Fault::cancelled, "Opening the link was cancelled.");
    wait_for_bytes();
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
        position_ = offset;
        return;
    }
    start_transfer(offset);
}

std::optional<std::int64_t> HttpSource::size() {
    if (!answered_) wait_for_bytes();
    return size_;
}

}  // namespace musicspace::transcoder
