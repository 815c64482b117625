#include "relay/http/upgrade_request.h"

#include <algorithm>

#include "relay/room/room_code.h"

namespace musicspace::relay {

namespace {

constexpr std::string_view kVersion = "13";

// 16 bytes in base64: 22 digits and two equals signs. Four bits of the last digit mean nothing, and are not checked.
bool is_key(std::string_view key) {
    constexpr std::size_t kDigits = 22;
    if (key.size() != kDigits + 2 || !key.ends_with("==")) return false;
    return std::ranges::all_of(key.substr(0, kDigits), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '/';
    });
}

HttpResponse upgrade_needed(std::string detail) {
    HttpResponse response = problem_response({426, "upgrade-needed", "A WebSocket is spoken here", std::move(detail)});
    response.headers.emplace_back("Upgrade", "websocket");
    response.headers.emplace_back("Connection", "Upgrade");
    response.headers.emplace_back("Sec-WebSocket-Version", std::string(kVersion));
    return response;
}

HttpResponse bad_handshake(std::string detail) {
    return problem_response({400, "bad-request", "Not a WebSocket handshake", std::move(detail)});
}

}  // namespace

bool is_websocket_path(std::string_view path) {
    constexpr std::string_view kPath = "/ws";
    if (path == kPath) return true;
    return path.starts_with("/ws/") && parse_code(std::string(path.substr(kPath.size() + 1))).has_value();
}

std::variant<Handshake, HttpResponse> parse_handshake(const RequestHead& head) {
    if (head.method != "GET") {
        HttpResponse refused = problem_response({405, "wrong-method", "Wrong method", "This path wants GET."});
        refused.headers.emplace_back("Allow", "GET");
        return refused;
    }
    if (head.http10 || !head.lists("upgrade", "websocket") || !head.lists("connection", "upgrade"))
        return upgrade_needed("Open this address as a WebSocket. A proxy in front has to pass the headers Upgrade and Connection on.");
    if (head.all("sec-websocket-version") != kVersion) return upgrade_needed("Send Sec-WebSocket-Version: 13.");
    if (head.has_body()) return bad_handshake("A handshake has no body.");
    Handshake handshake{head.all("sec-websocket-key"), head.lists("sec-websocket-protocol", kSubprotocol)};
    if (!is_key(handshake.key)) return bad_handshake("Sec-WebSocket-Key has to be 16 bytes in base64.");
    if (head.has("sec-websocket-protocol") && !handshake.subprotocol) {
        return problem_response({400, "unknown-subprotocol", "This subprotocol is not known",
                                 std::string("Ask for ") + kSubprotocol + ", which this server speaks, or for none."});
    }
    return handshake;
}

}  // namespace musicspace::relay
