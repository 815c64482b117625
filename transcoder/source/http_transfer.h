#pragma once
// One HTTP(S) GET at a time, over libcurl, handed out in the pieces in which it comes in. The one place from which the transcoder
// connects anywhere: every connection, redirects included, passes the address policy at the moment it is made, to the very
// address that is connected to. Used on one thread; wake() may be called from any.
// While nobody calls step() nothing is read, and the sender waits.

#include <curl/curl.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "transcoder/source/address_policy.h"
#include "transcoder/transcode_error.h"

namespace musicspace::transcoder {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// Sizes and offsets that sites name are taken for nonsense beyond this, so that no sum of them overflows.
inline constexpr std::int64_t kLargestFile = std::int64_t{1} << 50U;
inline constexpr std::chrono::seconds kLongestRetryAfter{3600};

struct TransferLimits {
    std::chrono::milliseconds first_byte{10'000};
    std::chrono::milliseconds stall{5'000};  ///< between bytes
    int receive_buffer = 256 << 10;          ///< SO_RCVBUF: what is under way, and lost, when a transfer is given up
};

struct TransferFailure {
    enum class Kind {
        forbidden,    ///< the address policy says no
        gone,         ///< 403, 404, 410: moved, expired, or never there
        busy,         ///< 429, 5xx
        refused,      ///< any other status
        unreachable,  ///< no name, no connection
        broken,       ///< the connection ended early, or was reset
        stalled,
    };
    Kind kind = Kind::broken;
    long status = 0;                                    ///< HTTP status, 0 when none came
    std::optional<std::chrono::seconds> retry_after{};  ///< as the site asked
    std::string detail{};                               ///< libcurl's words, for the log

    /// What a member is told.
    [[nodiscard]] TranscodeFailure explained() const;
};

class HttpTransfer {
public:
    enum class Step { bytes, ended, failed, woken };

    explicit HttpTransfer(AddressPolicy addresses, TransferLimits limits = {});
    ~HttpTransfer();
    HttpTransfer(const HttpTransfer&) = delete;
    HttpTransfer& operator=(const HttpTransfer&) = delete;

    /// Bytes [from, to) of `url`, to its end without `to`; all of it, from 0 on, where the site cannot hand out parts. Ends a
    /// transfer that is still under way.
    void start(const std::string& url, const HttpHeaders& headers, std::int64_t from, std::optional<std::int64_t> to = {});
    void stop();

    /// Waits for the next bytes, which it puts into `bytes`, for the end, a failure, a wake(), or for `patience` to pass (`woken`).
    [[nodiscard]] Step step(std::vector<std::uint8_t>& bytes, std::chrono::milliseconds patience = std::chrono::hours(1));
    void wake();

    [[nodiscard]] bool active() const { return active_; }
    /// Offset of the next byte that step() hands out.
    [[nodiscard]] std::int64_t offset() const { return offset_; }
    /// Known from the first bytes on: the size of the whole, and whether parts of it can be asked for.
    [[nodiscard]] std::optional<std::int64_t> size() const { return size_; }
    [[nodiscard]] bool ranged() const { return ranged_; }
    /// After a step that failed.
    [[nodiscard]] const TransferFailure& failure() const { return failure_; }

private:
    static std::size_t on_header(char* data, std::size_t unit, std::size_t count, void* self);
    static std::size_t on_body(char* data, std::size_t unit, std::size_t count, void* self);
    static curl_socket_t on_open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
    void take_header(std::string_view line);
    bool begin_body();
    [[nodiscard]] Step finish(CURLcode code);
    [[nodiscard]] Step fail(TransferFailure::Kind kind, std::string detail);
    [[nodiscard]] std::optional<Step> finished();

    const AddressPolicy addresses_;
    const TransferLimits limits_;
    CURLM* multi_ = nullptr;
    CURL* easy_ = nullptr;
    curl_slist* header_list_ = nullptr;

    std::atomic<bool> woken_ = false;
    std::vector<std::uint8_t> incoming_;
    std::size_t header_bytes_ = 0;
    std::int64_t from_ = 0;
    std::int64_t offset_ = 0;
    std::optional<std::int64_t> size_;
    std::optional<std::int64_t> range_start_;  ///< as Content-Range says
    std::optional<std::int64_t> range_size_;
    std::optional<std::chrono::seconds> retry_after_;
    bool ranged_ = false;
    bool active_ = false;
    bool answered_ = false;
    bool refused_address_ = false;
    TransferFailure failure_;
};

}  // namespace musicspace::transcoder
