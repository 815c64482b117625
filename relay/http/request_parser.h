#pragma once
// Parses HTTP/1.1 requests from the bytes of a connection, to the letter (RFC 9112): a request that two proxies could read differently is
// refused. Knows no sockets and no time; the connection feeds it. Every part has a limit, so that a request takes no more memory than its
// head and body are allowed; trailers and chunk extensions are skipped.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "relay/problem.h"

namespace musicspace::relay {

struct RequestHead {
    std::string method;
    std::string path;    ///< begins with a slash, or is "*"
    std::string query;   ///< as it came, without the question mark
    std::string host{};  ///< from an absolute target, else from the Host header; empty when there is neither
    bool http10 = false;
    bool keep_alive = true;
    bool chunked = false;
    std::uint64_t content_length = 0;
    bool expects_continue = false;                            ///< the client waits for a 100 before it sends the body
    std::vector<std::pair<std::string, std::string>> fields;  ///< names in small letters

    [[nodiscard]] bool has_body() const { return chunked || content_length > 0; }
    /// The first line of this name; empty when there is none.
    [[nodiscard]] std::string_view field(std::string_view name) const;
    /// All lines of this name, joined by ", ".
    [[nodiscard]] std::string all(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const;
    /// Whether a list like Connection's holds the word, in any case.
    [[nodiscard]] bool lists(std::string_view name, std::string_view word) const;
};

/// `text`: from the request line to the empty line.
[[nodiscard]] std::variant<RequestHead, Problem> parse_head(std::string_view text);

class RequestParser {
public:
    static constexpr std::size_t kMaxHeadBytes = 16U << 10U;
    static constexpr std::size_t kMaxFields = 100;
    static constexpr std::size_t kMaxChunkLineBytes = 256;       ///< a chunk's size and its extensions
    static constexpr std::size_t kMaxTrailerBytes = 4U << 10U;   ///< all trailers
    static constexpr std::size_t kMaxFramingBytes = 64U << 10U;  ///< of one body besides its content: stops chunks of one byte each

    enum class Stage {
        head,     ///< the head is not whole yet
        body,     ///< the head is whole, the body is not
        done,     ///< the request is whole
        refused,  ///< problem() says why; nothing more can be read from this connection
    };

    /// Takes bytes, and says how many belonged to this request. It stops at the head's end, so that the head can be judged first: call
    /// it again with the rest.
    std::size_t feed(std::string_view bytes);

    [[nodiscard]] Stage stage() const { return stage_; }
    /// No byte of a request has come.
    [[nodiscard]] bool untouched() const { return stage_ == Stage::head && text_.empty(); }
    [[nodiscard]] const RequestHead& head() const { return head_; }
    [[nodiscard]] const Problem& problem() const { return problem_; }
    /// Sets how long the body may be; to be called once the head is whole. Refuses at once when Content-Length is more.
    void limit_body(std::size_t bytes);
    [[nodiscard]] std::string take_body() { return std::move(body_); }

private:
    enum class Part { size, data, data_end, trailers };

    std::size_t feed_head(std::string_view bytes);
    std::size_t feed_plain(std::string_view bytes);
    std::size_t feed_chunked(std::string_view bytes);
    void take_line();
    void refuse(Problem problem);

    Stage stage_ = Stage::head;
    RequestHead head_;
    Problem problem_;
    std::string text_;  ///< head so far; then the line of a chunk's size, or of a trailer
    std::string body_;
    std::size_t body_limit_ = 0;
    Part part_ = Part::size;
    std::uint64_t chunk_left_ = 0;
    std::size_t framing_ = 0;
    std::size_t trailers_ = 0;
};

}  // namespace musicspace::relay
