#include "relay/http/response_head.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <string_view>

namespace musicspace::relay {

namespace {

struct Header {
    std::string_view name;
    std::string_view value;
};

constexpr std::array kUnlessSaidOtherwise{
    Header{"X-Content-Type-Options", "nosniff"},
    Header{"Referrer-Policy", "no-referrer"},
    Header{"Cross-Origin-Resource-Policy", "same-origin"},
    Header{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    Header{"X-Frame-Options", "DENY"},
    Header{"Cache-Control", "no-store"},
};

std::string_view reason_of(int status) {
    struct Reason {
        int status;
        std::string_view text;
    };
    constexpr std::array kReasons{
        Reason{200, "OK"},
        Reason{201, "Created"},
        Reason{204, "No Content"},
        Reason{304, "Not Modified"},
        Reason{400, "Bad Request"},
        Reason{401, "Unauthorized"},
        Reason{403, "Forbidden"},
        Reason{404, "Not Found"},
        Reason{405, "Method Not Allowed"},
        Reason{409, "Conflict"},
        Reason{413, "Content Too Large"},
        Reason{417, "Expectation Failed"},
        Reason{421, "Misdirected Request"},
        Reason{422, "Unprocessable Content"},
        Reason{426, "Upgrade Required"},
        Reason{429, "Too Many Requests"},
        Reason{431, "Request Header Fields Too Large"},
        Reason{500, "Internal Server Error"},
        Reason{501, "Not Implemented"},
        Reason{502, "Bad Gateway"},
        Reason{503, "Service Unavailable"},
        Reason{504, "Gateway Timeout"},
        Reason{505, "HTTP Version Not Supported"},
    };
    const auto found = std::ranges::find(kReasons, status, &Reason::status);
    return found == kReasons.end() ? std::string_view("Answer") : found->text;
}

// A date in the form of RFC 9110, whatever the locale.
std::string date_text(std::int64_t now_unix) {
    constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    constexpr int kFirstYear = 1900;
    const std::time_t time = now_unix;
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[static_cast<std::size_t>(parts.tm_wday)],
                  parts.tm_mday, kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + kFirstYear, parts.tm_hour, parts.tm_min,
                  parts.tm_sec);
    return text.data();
}

// A header whose value contains a line end is left out, since it would begin another header.
void append_header(std::string& head, std::string_view name, std::string_view value) {
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) return;
    head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string response_head(const HttpResponse& response, const ResponseFraming& framing) {
    std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
    head.append(reason_of(response.status)).append("\r\n");
    append_header(head, "Date", date_text(framing.now_unix));
    if (!response.content_type.empty()) append_header(head, "Content-Type", response.content_type);
    append_header(head, "Content-Length", std::to_string(response.body ? response.body->size() : 0));
    if (!framing.keep_alive) {
        append_header(head, "Connection", "close");
    } else if (framing.http10) {
        append_header(head, "Connection", "keep-alive");
    }
    for (const auto& [name, value] : response.headers) append_header(head, name, value);
    for (const Header& header : kUnlessSaidOtherwise) {
        if (std::ranges::none_of(response.headers, [&](const auto& own) { return own.first == header.name; }))
            append_header(head, header.name, header.value);
    }
    return head.append("\r\n");
}

}  // namespace musicspace::relay
