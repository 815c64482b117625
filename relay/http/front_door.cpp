#include "relay/http/front_door.h"

#include <algorithm>
#include <array>

#include "relay/http/upgrade_request.h"

namespace musicspace::relay {

namespace {

// Balancers and monitors may ask under any name: these paths hold no secrets.
bool is_for_monitors(std::string_view path) { return path == "/healthz" || path == "/readyz" || path == "/metrics"; }

bool changes_something(const RequestHead& head) {
    return head.method != "GET" && head.method != "HEAD" && head.method != "OPTIONS" && head.method != "TRACE";
}

bool has_sign_of_proxy(const RequestHead& head) {
    constexpr std::array<std::string_view, 6> kSigns{"x-forwarded-for",   "forwarded",       "x-real-ip", "via",
                                                     "x-forwarded-proto", "x-forwarded-host"};
    return std::ranges::any_of(kSigns, [&](std::string_view name) { return head.has(name); });
}

RequestSource source_of(const RequestHead& head, bool trusted) {
    RequestSource source{.host = parse_authority(head.host), .forwarded_host = {}, .forwarded_https = {}};
    source.origin = head.field("origin");
    // For a WebSocket all browsers send Origin, but they differ in what they send as Sec-Fetch-Site.
    if (!is_websocket_path(head.path)) source.fetch_site = head.field("sec-fetch-site");
    if (trusted) {
        const std::string hosts = head.all("x-forwarded-host");
        source.forwarded_host = parse_authority(std::string_view(hosts).substr(0, hosts.find(',')));
        source.forwarded_https = parse_forwarded_scheme(head.all("x-forwarded-proto"));
    }
    return source;
}

// The name needs no escaping, since parse_authority() lets only harmless characters pass.
HttpResponse unknown_name(const RequestHead& head) {
    const std::string name = parse_authority(head.host).value_or(Authority{}).host;
    const std::string advice =
        "If this server is yours, start it with --public-url and the address under which it is opened, like --public-url https://" + name +
        "; or open it by its IP address.";
    const bool for_program = head.path.starts_with("/api/") || is_websocket_path(head.path);
    if (for_program || head.field("accept").find("text/html") == std::string_view::npos)
        return problem_response(
            {421, "unknown-host", "Not a name of this server", "This server does not know itself as " + name + ". " + advice});
    return text_response(
        421, "text/html; charset=utf-8",
        "<!doctype html>\n<html lang=\"en\">\n<title>Music Space: not a name of this server</title>\n<h1>This server does not know itself "
        "as " +
            name + "</h1>\n<p>" + advice +
            "</p>\n<p>It answers to names of its own only, so that no other site's page can be pointed at it.</p>\n</html>\n");
}

HttpResponse wrong_origin() {
    return problem_response(
        {403, "wrong-origin", "Another site's page",
         "Only pages of this very server may do this. If this is its page, a proxy in front has to pass the Host header on as the "
         "browser sent it, or the server has to be started with --public-url and the page's address."});
}

}  // namespace

Entering enter(const FrontDoor& door, const RequestHead& head, const boost::asio::ip::address& peer) {
    const bool trusted = door.trusted_proxies.contains(peer);
    const RequestSource source = source_of(head, trusted);
    const SentBy sender = sent_by(source, door.names);
    Entering entering{{
        .method = head.method,
        .path = head.path,
        .query = head.query,
        .authorization = std::string(head.field("authorization")),
        .address = client_address(peer, door.trusted_proxies, {head.all("x-forwarded-for"), has_sign_of_proxy(head)}),
        .body = {},
        .takes_gzip = head.all("accept-encoding").find("gzip") != std::string::npos,  // nobody sends "gzip;q=0"
        .cookie = std::string(head.field("cookie")),
        .own_page = sender == SentBy::own_page,
        .over_https = is_over_https(source, door.names),
    }};
    if (!is_for_us(source, door.names) && !is_for_monitors(head.path)) {
        entering.refusal = unknown_name(head);
    } else if (sender == SentBy::other_page && (changes_something(head) || is_websocket_path(head.path))) {
        entering.refusal = wrong_origin();
    }
    return entering;
}

}  // namespace musicspace::relay
