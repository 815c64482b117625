#include "relay/http/request_parser.h"

#include <algorithm>
#include <charconv>

#include "relay/base/ascii.h"
#include "relay/http/guard.h"

namespace musicspace::relay {

namespace {

Problem bad_request(std::string detail) { return {400, "bad-request", "Not an HTTP request", std::move(detail)}; }

Problem head_too_large() {
    return {431, "headers-too-large", "The request's headers are too large", "Send fewer or shorter headers: 16 KB at most, in 100 lines."};
}

Problem body_too_large(std::size_t limit) {
    std::string detail("This request may have ");
    detail.append(std::to_string(limit >> 10U)).append(" KB at most.");
    return {413, "too-large", "The request is too large", std::move(detail)};
}

bool is_token_char(char c) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kMarks.find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_token_char); }

bool is_field_value(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f); });
}

bool is_target(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
}

// Takes the next line from the front of `text`, without its line end.
std::string_view take_line_of(std::string_view& text) {
    const auto end = text.find("\r\n");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    return line;
}

std::optional<Problem> read_target(std::string_view target, RequestHead& head) {
    if (!is_target(target)) return bad_request("The address in the request line has characters that it may not have.");
    const auto mark = target.find("://");
    const std::string scheme = lower_case(target.substr(0, mark == std::string_view::npos ? 0 : mark));
    if (scheme == "http" || scheme == "https") {
        const std::string_view rest = target.substr(mark + 3);
        const auto end = std::min(rest.find_first_of("/?"), rest.size());
        head.host = rest.substr(0, end);
        if (!parse_authority(head.host)) return bad_request("The address in the request line names no host.");
        target = rest.substr(end);
    }
    const auto question = std::min(target.find('?'), target.size());
    head.path = target.substr(0, question);
    head.query = question < target.size() ? target.substr(question + 1) : std::string_view();
    if (head.path.empty() && !head.host.empty()) head.path.push_back('/');
    if (!head.path.starts_with('/') && !(head.path == "*" && head.method == "OPTIONS"))
        return bad_request("The address in the request line has to begin with a slash.");
    return std::nullopt;
}

std::optional<Problem> read_request_line(std::string_view line, RequestHead& head) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return bad_request("A request begins with a method, an address and HTTP/1.1.");
    head.method = line.substr(0, first);
    if (!is_token(head.method)) return bad_request("A request begins with a method, an address and HTTP/1.1.");
    const std::string_view version = line.substr(last + 1);
    head.http10 = version == "HTTP/1.0";
    if (!head.http10 && version != "HTTP/1.1") {
        if (!version.starts_with("HTTP/")) return bad_request("A request begins with a method, an address and HTTP/1.1.");
        return Problem{505, "unknown-version", "Another version of HTTP", "This server speaks HTTP/1.1."};
    }
    return read_target(line.substr(first + 1, last - first - 1), head);
}

std::optional<Problem> read_field(std::string_view line, RequestHead& head) {
    // A header that goes on in a second line is refused: proxies differ in how they read it.
    if (line.starts_with(' ') || line.starts_with('\t')) return bad_request("A header has to be one line.");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return bad_request("A header is a name, a colon and a value.");
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!is_field_value(value)) return bad_request("A header's value has characters that it may not have.");
    if (head.fields.size() >= RequestParser::kMaxFields) return head_too_large();
    head.fields.emplace_back(lower_case(line.substr(0, colon)), value);
    return std::nullopt;
}

// There has to be one Host line; HTTP/1.0 may do without.
std::optional<Problem> read_host(RequestHead& head) {
    const auto lines = std::ranges::count(head.fields, "host", [](const auto& field) -> std::string_view { return field.first; });
    if (lines > 1 || (lines == 0 && !head.http10)) return bad_request("A request needs one Host header.");
    const std::string_view value = head.field("host");
    if (!value.empty() && !parse_authority(value)) return bad_request("The Host header names no host.");
    if (head.host.empty()) head.host = value;
    return std::nullopt;
}

// Reads how long the body is. A request that says so twice, or in two ways, is refused: that is how requests are smuggled past proxies.
std::optional<Problem> read_length(RequestHead& head) {
    const bool coded = head.has("transfer-encoding");
    if (coded && (head.http10 || head.has("content-length")))
        return bad_request("A body's length is told by Content-Length or by Transfer-Encoding, not by both.");
    if (coded) {
        if (lower_case(head.all("transfer-encoding")) != "chunked")
            return Problem{501, "unknown-coding", "This transfer coding is not known", "Send the body as it is, or chunked."};
        head.chunked = true;
        return std::nullopt;
    }
    if (!head.has("content-length")) return std::nullopt;
    const std::string length = head.all("content-length");
    const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), head.content_length);
    if (error != std::errc() || end != length.data() + length.size()) return bad_request("Content-Length has to be one number.");
    return std::nullopt;
}

std::optional<Problem> read_expectation(RequestHead& head) {
    if (!head.has("expect") || head.http10) return std::nullopt;
    if (lower_case(head.all("expect")) != "100-continue")
        return Problem{417, "unknown-expectation", "This expectation is not known", "The only expectation that is met is 100-continue."};
    head.expects_continue = true;
    return std::nullopt;
}

}  // namespace

std::string_view RequestHead::field(std::string_view name) const {
    const auto found = std::ranges::find(fields, name, [](const auto& each) -> std::string_view { return each.first; });
    return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

std::string RequestHead::all(std::string_view name) const {
    std::string joined;
    bool first = true;
    for (const auto& [each, value] : fields) {
        if (each != name) continue;
        joined.append(first ? "" : ", ").append(value);
        first = false;
    }
    return joined;
}

bool RequestHead::has(std::string_view name) const {
    return std::ranges::any_of(fields, [name](const auto& each) { return each.first == name; });
}

bool RequestHead::lists(std::string_view name, std::string_view word) const {
    const std::string list = lower_case(all(name));
    std::string_view rest = list;
    while (!rest.empty()) {
        const auto comma = std::min(rest.find(','), rest.size());
        if (trimmed(rest.substr(0, comma)) == word) return true;
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return false;
}

std::variant<RequestHead, Problem> parse_head(std::string_view text) {
    RequestHead head;
    if (auto problem = read_request_line(take_line_of(text), head)) return *std::move(problem);
    while (!text.empty()) {
        const std::string_view line = take_line_of(text);
        if (line.empty()) break;
        if (auto problem = read_field(line, head)) return *std::move(problem);
    }
    for (const auto read : {read_host, read_length, read_expectation}) {
        if (auto problem = read(head)) return *std::move(problem);
    }
    head.keep_alive = head.http10 ? head.lists("connection", "keep-alive") : !head.lists("connection", "close");
    return head;
}

void RequestParser::refuse(Problem problem) {
    problem_ = std::move(problem);
    stage_ = Stage::refused;
}

std::size_t RequestParser::feed(std::string_view bytes) {
    if (stage_ == Stage::head) return feed_head(bytes);
    if (stage_ == Stage::body) return head_.chunked ? feed_chunked(bytes) : feed_plain(bytes);
    return 0;
}

std::size_t RequestParser::feed_head(std::string_view bytes) {
    constexpr std::size_t kMostBlankBytes = 4;  // some clients end their last body with a line end too many
    std::size_t used = 0;
    while (used < bytes.size() && stage_ == Stage::head) {
        const char c = bytes[used++];
        if (text_.empty()) {
            if ((c == '\r' || c == '\n') && ++framing_ <= kMostBlankBytes) continue;
            if (!is_token_char(c)) {  // TLS, most likely
                refuse(bad_request("The request could not be understood. Is it meant for http, and not https?"));
                break;
            }
        }
        // A carriage return or a line feed alone is refused: another server may take it for a line end.
        if ((c == '\n') != text_.ends_with('\r')) {
            refuse(bad_request("A request's lines end with a carriage return and a line feed."));
            break;
        }
        text_.push_back(c);
        if (c == '\n' && text_.ends_with("\r\n\r\n")) {
            auto parsed = parse_head(text_);
            text_ = {};
            framing_ = 0;
            if (auto* problem = std::get_if<Problem>(&parsed)) {
                refuse(std::move(*problem));
            } else {
                head_ = std::get<RequestHead>(std::move(parsed));
                stage_ = head_.has_body() ? Stage::body : Stage::done;
            }
        } else if (text_.size() >= kMaxHeadBytes) {
            refuse(head_too_large());
        }
    }
    return used;
}

void RequestParser::limit_body(std::size_t bytes) {
    body_limit_ = bytes;
    if (stage_ == Stage::body && head_.content_length > bytes) refuse(body_too_large(bytes));
}

std::size_t RequestParser::feed_plain(std::string_view bytes) {
    const auto used = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), head_.content_length - body_.size()));
    body_.append(bytes.substr(0, used));
    if (body_.size() == head_.content_length) stage_ = Stage::done;
    return used;
}

std::size_t RequestParser::feed_chunked(std::string_view bytes) {
    std::size_t used = 0;
    while (used < bytes.size() && stage_ == Stage::body) {
        if (part_ == Part::data) {
            const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size() - used, chunk_left_));
            body_.append(bytes.substr(used, taken));
            used += taken;
            chunk_left_ -= taken;
            if (chunk_left_ == 0) part_ = Part::data_end;
            continue;
        }
        const char c = bytes[used++];
        if (++framing_ > kMaxFramingBytes) {
            refuse(body_too_large(body_limit_));
        } else if ((c == '\n') != text_.ends_with('\r')) {
            refuse(bad_request("A chunk's lines end with a carriage return and a line feed."));
        } else if (c == '\n') {
            text_.pop_back();
            take_line();
            text_.clear();
        } else if (text_.size() >= kMaxChunkLineBytes && part_ == Part::size) {
            refuse(bad_request("A chunk's extensions are too long."));
        } else if (text_.size() >= kMaxTrailerBytes) {
            refuse(head_too_large());
        } else {
            text_.push_back(c);
        }
    }
    return used;
}

// Handles a line of a chunked body, which is whole in text_.
void RequestParser::take_line() {
    if (part_ == Part::data_end) {
        part_ = Part::size;
        if (!text_.empty()) refuse(bad_request("A chunk is longer than it says."));
        return;
    }
    if (part_ == Part::trailers) {
        // Trailers are not read: headers that come after the body have no effect here.
        trailers_ += text_.size();
        if (text_.empty()) stage_ = Stage::done;
        if (trailers_ > kMaxTrailerBytes) refuse(head_too_large());
        return;
    }
    constexpr int kHex = 16;
    constexpr std::ptrdiff_t kMostDigits = 16;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), chunk_left_, kHex);
    const auto digits = end - text_.data();
    const std::string_view extensions = trimmed(std::string_view(text_).substr(static_cast<std::size_t>(digits)));
    if (error != std::errc() || digits > kMostDigits || (!extensions.empty() && extensions.front() != ';') || !is_field_value(extensions)) {
        refuse(bad_request("A chunk begins with its size."));
    } else if (chunk_left_ == 0) {
        part_ = Part::trailers;
    } else if (chunk_left_ > body_limit_ - body_.size()) {
        refuse(body_too_large(body_limit_));
    } else {
        part_ = Part::data;
    }
}

}  // namespace musicspace::relay
