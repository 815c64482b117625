#include "relay/http/guard.h"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <stdexcept>

#include "relay/base/ascii.h"

namespace musicspace::relay {

namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

bool is_name(std::string_view host) {
    return !host.empty() && std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    });
}

std::uint16_t default_port(bool https) { return https ? kHttpsPort : kHttpPort; }

bool serves(const Origin& origin, const Authority& authority, std::optional<bool> https) {
    if (origin.host != authority.host || origin.https != https.value_or(origin.https)) return false;
    return authority.port.value_or(default_port(origin.https)) == origin.port;
}

// The scheme under which the browser asked. --public-url counts more than a proxy's header: that proxy may itself be behind another.
std::optional<bool> scheme_of(const RequestSource& source, const OwnNames& names) {
    for (const auto* authority : {&source.forwarded_host, &source.host}) {
        if (*authority && names.public_url && serves(*names.public_url, **authority, std::nullopt)) return names.public_url->https;
    }
    return source.forwarded_https;
}

bool is_machines(std::string_view host, std::string_view machine) {
    if (machine.empty()) return false;
    const std::string_view first = machine.substr(0, machine.find('.'));
    if (host == machine || host == first) return true;
    // Names that a home's router or its machines give out among themselves, and nobody can register.
    constexpr std::array<std::string_view, 3> kHomes{".local", ".lan", ".home.arpa"};
    return std::ranges::any_of(kHomes, [&](std::string_view home) {
        return host.size() == first.size() + home.size() && host.starts_with(first) && host.ends_with(home);
    });
}

}  // namespace

std::optional<Authority> parse_authority(std::string_view text) {
    constexpr std::size_t kLongest = 253 + 6;  // a name in the DNS, and a port
    if (text.size() > kLongest) return std::nullopt;
    Authority authority;
    const auto bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
    if (text.starts_with('[') && bracket == std::string_view::npos) return std::nullopt;
    const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon != std::string_view::npos) {
        const std::string_view digits = text.substr(colon + 1);
        std::uint16_t port = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
        if (!digits.empty() && (error != std::errc() || end != digits.data() + digits.size())) return std::nullopt;
        if (!digits.empty()) authority.port = port;  // "host:" is a host with the default port
    }
    std::string_view host = text.substr(0, colon);
    if (bracket != std::string_view::npos) {
        if (host.size() != bracket + 1) return std::nullopt;
        host = host.substr(1, bracket - 1);
    }
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(host, error);
    if (!error && address.is_v6() == (bracket != std::string_view::npos)) {
        authority.host = address.to_string();
        authority.is_address = true;
        return authority;
    }
    if (bracket != std::string_view::npos) return std::nullopt;
    authority.host = lower_case(host);
    if (authority.host.ends_with('.')) authority.host.pop_back();  // the root's dot, which changes nothing
    return is_name(authority.host) ? std::optional(std::move(authority)) : std::nullopt;
}

std::optional<Origin> parse_origin(std::string_view text) {
    const auto mark = text.find("://");
    if (mark == std::string_view::npos) return std::nullopt;
    const std::string scheme = lower_case(text.substr(0, mark));
    if (scheme != "http" && scheme != "https") return std::nullopt;
    std::string_view rest = text.substr(mark + 3);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    auto authority = parse_authority(rest);
    if (!authority) return std::nullopt;
    const bool https = scheme == "https";
    return Origin{https, std::move(authority->host), authority->port.value_or(default_port(https))};
}

std::optional<bool> parse_forwarded_scheme(std::string_view list) {
    const std::string scheme = lower_case(trimmed(list.substr(0, list.find(','))));
    if (scheme == "https" || scheme == "wss") return true;
    if (scheme == "http" || scheme == "ws") return false;
    return std::nullopt;
}

std::optional<Origin> parse_public_url(std::string_view url) {
    if (url.empty()) return std::nullopt;
    auto parsed = parse_origin(url);
    if (!parsed) {
        throw std::runtime_error("--public-url " + std::string(url) +
                                 " is not the address of a server, like https://music.example.org or http://music.example.org:8080.");
    }
    return parsed;
}

bool is_for_us(const RequestSource& source, const OwnNames& names) {
    if (source.forwarded_host || !source.host) return true;
    const std::string& host = source.host->host;
    return source.host->is_address || host == "localhost" || host.ends_with(".localhost") || is_machines(host, names.machine) ||
           (names.public_url && host == names.public_url->host);
}

bool is_over_https(const RequestSource& source, const OwnNames& names) { return scheme_of(source, names).value_or(false); }

SentBy sent_by(const RequestSource& source, const OwnNames& names) {
    // "same-site" is another port or another name of one domain: another server.
    const bool elsewhere = source.fetch_site == "cross-site" || source.fetch_site == "same-site";
    if (source.origin.empty()) return elsewhere ? SentBy::other_page : SentBy::program;
    const auto origin = parse_origin(source.origin);
    if (!origin || elsewhere) return SentBy::other_page;
    if (names.public_url && *origin == *names.public_url) return SentBy::own_page;
    const auto https = scheme_of(source, names);
    for (const auto* authority : {&source.forwarded_host, &source.host}) {
        if (*authority && serves(*origin, **authority, https)) return SentBy::own_page;
    }
    return SentBy::other_page;
}

}  // namespace musicspace::relay
