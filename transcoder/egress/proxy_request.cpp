#include "transcoder/egress/proxy_request.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace musicspace::transcoder {

namespace {

constexpr std::string_view kLineEnd = "\r\n";

bool equal_ignoring_case(std::string_view one, std::string_view other) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
    return std::ranges::equal(one, other, [&](char a, char b) { return lower(a) == lower(b); });
}

bool parse_authority(std::string_view authority, std::uint16_t default_port, ProxyRequest& request) {
    if (authority.find('@') != std::string_view::npos) return false;
    std::string_view host = authority;
    std::string_view port;
    if (authority.starts_with('[')) {
        const auto close = authority.find(']');
        if (close == std::string_view::npos) return false;
        host = authority.substr(1, close - 1);
        port = authority.substr(close + 1);
        if (!port.empty() && port.front() != ':') return false;
    } else if (const auto colon = authority.find(':'); colon != std::string_view::npos) {
        host = authority.substr(0, colon);
        port = authority.substr(colon);
    }
    if (!port.empty()) port.remove_prefix(1);
    unsigned number = default_port;
    if (!port.empty()) {
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
        if (error != std::errc() || end != port.data() + port.size()) return false;
    }
    if (host.empty() || number == 0 || number > 65'535) return false;
    request.host = host;
    request.port = static_cast<std::uint16_t>(number);
    return true;
}

// Headers that are between the client and its proxy. The origin closes after its answer: one connection carries one request.
bool is_hop_header(std::string_view name) {
    constexpr std::array<std::string_view, 6> kHop{"Proxy-Authorization", "Proxy-Connection", "Connection", "Keep-Alive", "TE", "Upgrade"};
    return std::ranges::any_of(kHop, [name](std::string_view hop) { return equal_ignoring_case(hop, name); });
}

}  // namespace

std::optional<ProxyRequest> parse_proxy_request(std::string_view head) {
    const auto first_end = head.find(kLineEnd);
    if (first_end == std::string_view::npos) return std::nullopt;
    const std::string_view line = head.substr(0, first_end);
    const auto method_end = line.find(' ');
    const auto target_end = line.rfind(' ');
    if (method_end == std::string_view::npos || target_end <= method_end || !line.substr(target_end + 1).starts_with("HTTP/1.")) {
        return std::nullopt;
    }
    const std::string_view method = line.substr(0, method_end);
    const std::string_view target = line.substr(method_end + 1, target_end - method_end - 1);
    ProxyRequest request;
    request.tunnel = method == "CONNECT";
    std::string_view path = "/";
    if (request.tunnel) {
        if (!parse_authority(target, 443, request)) return std::nullopt;
    } else {
        constexpr std::string_view kScheme = "http://";
        if (!equal_ignoring_case(target.substr(0, kScheme.size()), kScheme)) return std::nullopt;
        const auto rest = target.substr(kScheme.size());
        const auto authority_end = std::min(rest.find_first_of("/?#"), rest.size());
        if (!parse_authority(rest.substr(0, authority_end), 80, request)) return std::nullopt;
        if (authority_end < rest.size()) path = rest.substr(authority_end);
        request.forwarded.append(method).append(path.starts_with('/') ? " " : " /").append(path).append(" HTTP/1.1\r\n");
    }
    for (std::string_view rest = head.substr(first_end + kLineEnd.size()); !rest.starts_with(kLineEnd) && !rest.empty();) {
        const auto end = rest.find(kLineEnd);
        if (end == std::string_view::npos) return std::nullopt;
        const std::string_view header = rest.substr(0, end);
        rest.remove_prefix(end + kLineEnd.size());
        const auto colon = header.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        const std::string_view name = header.substr(0, colon);
        if (equal_ignoring_case(name, "Proxy-Authorization")) {
            request.authorization = header.substr(std::min(header.find_first_not_of(' ', colon + 1), header.size()));
        }
        if (!request.tunnel && !is_hop_header(name)) request.forwarded.append(header).append(kLineEnd);
    }
    if (!request.tunnel) request.forwarded.append("Connection: close\r\n\r\n");
    return request;
}

}  // namespace musicspace::transcoder
