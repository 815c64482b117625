#include "transcoder/source/http_transfer.h"

#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <mutex>

namespace musicspace::transcoder {

namespace {

using Clock = std::chrono::steady_clock;

// Of a request, beyond what curl adds. Servers take no more than some KB in all.
constexpr std::size_t kMostHeaderBytes = 32U << 10U;
// Of answers, those of redirects included.
constexpr std::size_t kMostAnswerHeaderBytes = 256U << 10U;

void initialise_curl_once() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

std::optional<std::int64_t> number_of(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end == text.data() || value < 0 || value > kLargestFile) return std::nullopt;
    return value;
}

bool is_header(std::string_view line, std::string_view name, std::string_view& value) {
    if (line.size() <= name.size() || line[name.size()] != ':' || ::strncasecmp(line.data(), name.data(), name.size()) != 0) return false;
    value = line.substr(name.size() + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    while (!value.empty() && (value.back() == '\r' || value.back() == '\n' || value.back() == ' ')) value.remove_suffix(1);
    return true;
}

TransferFailure::Kind kind_of_status(long status) {
    if (status == 403 || status == 404 || status == 410) return TransferFailure::Kind::gone;
    if (status == 429 || status >= 500) return TransferFailure::Kind::busy;
    return TransferFailure::Kind::refused;
}

TransferFailure::Kind kind_of_code(CURLcode code) {
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_CONNECT:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
            return TransferFailure::Kind::unreachable;
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_URL_MALFORMAT:
        case CURLE_TOO_MANY_REDIRECTS:
            return TransferFailure::Kind::refused;
        default:
            return TransferFailure::Kind::broken;
    }
}

}  // namespace

TranscodeFailure TransferFailure::explained() const {
    switch (kind) {
        case Kind::forbidden:
            return {Fault::forbidden_target, kForbiddenTarget};
        case Kind::gone:
            if (status == 403) return {Fault::is_private, "The site refuses to hand out this track (HTTP status 403)."};
            return {Fault::not_found, "Nothing was found at this link. Check that it is complete and still works."};
        case Kind::busy:
            return {Fault::no_network,
                    "The track's site is out of order or overrun (HTTP status " + std::to_string(status) + "). Try again later."};
        case Kind::refused:
            if (status == 0) return {Fault::unreadable, "The track's site leads nowhere: " + detail + "."};
            return {Fault::unreadable, "The site refuses to hand out this track (HTTP status " + std::to_string(status) + ")."};
        case Kind::stalled:
            return {Fault::no_network, "The track's site has stopped answering."};
        case Kind::unreachable:
        case Kind::broken:
            break;
    }
    return {Fault::no_network, "The track's site cannot be reached: " + detail + "."};
}

HttpTransfer::HttpTransfer(AddressPolicy addresses, TransferLimits limits) : addresses_(addresses), limits_(limits) {
    initialise_curl_once();
    multi_ = curl_multi_init();
    easy_ = curl_easy_init();
    if (multi_ == nullptr || easy_ == nullptr) throw TranscodeFailure(Fault::internal, "The server is out of memory.");
}

HttpTransfer::~HttpTransfer() {
    stop();
    curl_easy_cleanup(easy_);
    curl_multi_cleanup(multi_);
    curl_slist_free_all(header_list_);
}

void HttpTransfer::stop() {
    if (active_) curl_multi_remove_handle(multi_, easy_);
    active_ = false;
}

void HttpTransfer::start(const std::string& url, const HttpHeaders& headers, std::int64_t from, std::optional<std::int64_t> to) {
    stop();
    curl_slist_free_all(std::exchange(header_list_, nullptr));
    std::size_t bytes = 0;
    for (const auto& [name, value] : headers) {
        bytes += name.size() + value.size();
        if (bytes > kMostHeaderBytes) break;
        // Compressed transfer would make byte offsets meaningless.
        if (::strcasecmp(name.c_str(), "Accept-Encoding") == 0 || ::strcasecmp(name.c_str(), "Range") == 0) continue;
        std::string line = name;
        line.append(": ").append(value);
        header_list_ = curl_slist_append(header_list_, line.c_str());
    }
    incoming_.clear();
    header_bytes_ = 0;
    from_ = offset_ = from;
    size_.reset();
    range_start_.reset();
    range_size_.reset();
    retry_after_.reset();
    ranged_ = answered_ = refused_address_ = false;
    curl_easy_reset(easy_);
    curl_easy_setopt(easy_, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, header_list_);
    curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy_, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy_, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, 10'000L);
    curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy_, CURLOPT_FAILONERROR, 1L);
    // A proxy would connect for us, unchecked; under public_only every address is checked here.
    if (addresses_ == AddressPolicy::public_only) curl_easy_setopt(easy_, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &HttpTransfer::on_header);
    curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &HttpTransfer::on_body);
    curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, &HttpTransfer::on_open_socket);
    curl_easy_setopt(easy_, CURLOPT_OPENSOCKETDATA, this);
    // Asked for from byte 0 too: the answer tells whether parts can be had at all.
    const std::string range = std::to_string(from) + "-" + (to ? std::to_string(*to - 1) : "");
    curl_easy_setopt(easy_, CURLOPT_RANGE, range.c_str());
    curl_multi_add_handle(multi_, easy_);
    active_ = true;
}

std::size_t HttpTransfer::on_header(char* data, std::size_t unit, std::size_t count, void* self) {
    auto& transfer = *static_cast<HttpTransfer*>(self);
    transfer.header_bytes_ += unit * count;
    if (transfer.header_bytes_ > kMostAnswerHeaderBytes) return 0;
    transfer.take_header({data, unit * count});
    return unit * count;
}

void HttpTransfer::take_header(std::string_view line) {
    std::string_view value;
    if (line.starts_with("HTTP/")) {  // of a redirect's target: what was before does not count
        range_start_.reset();
        range_size_.reset();
        retry_after_.reset();
        ranged_ = false;
    } else if (is_header(line, "Content-Range", value) && value.starts_with("bytes ")) {
        value.remove_prefix(6);
        range_start_ = number_of(value);
        if (const auto slash = value.find('/'); slash != std::string_view::npos) range_size_ = number_of(value.substr(slash + 1));
    } else if (is_header(line, "Retry-After", value)) {
        if (const auto seconds = number_of(value)) retry_after_ = std::chrono::seconds(std::min(*seconds, kLongestRetryAfter.count()));
    } else if (is_header(line, "Accept-Ranges", value)) {
        ranged_ = ranged_ || value == "bytes";
    }
}

// False when the answer is not the one that was asked for.
bool HttpTransfer::begin_body() {
    answered_ = true;
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    if (status == 206) {
        ranged_ = true;
        size_ = range_size_;
        return range_start_ == from_;
    }
    curl_off_t length = -1;
    curl_easy_getinfo(easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (length >= 0 && length <= kLargestFile) size_ = length;
    offset_ = 0;
    return true;
}

std::size_t HttpTransfer::on_body(char* data, std::size_t unit, std::size_t count, void* self) {
    auto& transfer = *static_cast<HttpTransfer*>(self);
    const std::size_t bytes = unit * count;
    if (!transfer.answered_ && !transfer.begin_body()) return 0;
    transfer.incoming_.insert(transfer.incoming_.end(), data, data + bytes);
    return bytes;
}

curl_socket_t HttpTransfer::on_open_socket(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
    auto& transfer = *static_cast<HttpTransfer*>(self);
    if (!may_contact(address->addr, transfer.addresses_)) {
        transfer.refused_address_ = true;
        return CURL_SOCKET_BAD;
    }
    const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd >= 0) ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &transfer.limits_.receive_buffer, sizeof transfer.limits_.receive_buffer);
    return fd;
}

HttpTransfer::Step HttpTransfer::fail(TransferFailure::Kind kind, std::string detail) {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    stop();
    failure_ = {kind, status, retry_after_, std::move(detail)};
    return Step::failed;
}

HttpTransfer::Step HttpTransfer::finish(CURLcode code) {
    using Kind = TransferFailure::Kind;
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK || status == 416) {
        if (code == CURLE_OK && !answered_) begin_body();  // an empty body
        if (status == 416) {                               // nothing lies behind `from`
            ranged_ = true;
            size_ = range_size_;
        }
        stop();
        return Step::ended;
    }
    if (refused_address_) return fail(Kind::forbidden, "address refused");
    if (code == CURLE_HTTP_RETURNED_ERROR) return fail(kind_of_status(status), curl_easy_strerror(code));
    if (header_bytes_ > kMostAnswerHeaderBytes) return fail(Kind::refused, "its answers have too many headers");
    if (code == CURLE_WRITE_ERROR) return fail(Kind::refused, "another part than asked for");
    return fail(kind_of_code(code), curl_easy_strerror(code));
}

std::optional<HttpTransfer::Step> HttpTransfer::finished() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg == CURLMSG_DONE) return finish(message->data.result);
    }
    return std::nullopt;
}

HttpTransfer::Step HttpTransfer::step(std::vector<std::uint8_t>& bytes, std::chrono::milliseconds patience) {
    bytes.clear();
    const auto begin = Clock::now();
    while (true) {
        if (woken_.exchange(false)) return Step::woken;
        if (!active_) return Step::ended;
        int running = 0;
        curl_multi_perform(multi_, &running);
        if (!incoming_.empty()) {
            // Not the capacity: a large one would stay with whoever keeps the bytes.
            bytes.assign(incoming_.begin(), incoming_.end());
            incoming_.clear();
            offset_ += static_cast<std::int64_t>(bytes.size());
            return Step::bytes;
        }
        if (running == 0) return finished().value_or(Step::ended);
        const auto limit = answered_ ? limits_.stall : limits_.first_byte;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(begin + limit - Clock::now());
        if (left.count() <= 0) return fail(TransferFailure::Kind::stalled, "no bytes for " + std::to_string(limit.count()) + " ms");
        const auto rest = std::chrono::ceil<std::chrono::milliseconds>(begin + patience - Clock::now());
        if (rest.count() <= 0) return Step::woken;
        curl_multi_poll(multi_, nullptr, 0, static_cast<int>(std::min({left, rest, std::chrono::milliseconds(1000)}).count()), nullptr);
    }
}

void HttpTransfer::wake() {
    woken_ = true;
    curl_multi_wakeup(multi_);
}

}  // namespace musicspace::transcoder
