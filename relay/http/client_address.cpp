#include "relay/http/client_address.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "relay/base/ascii.h"

namespace musicspace::relay {

namespace {

namespace ip = boost::asio::ip;

constexpr unsigned kV4Prefix = 96;  // bits before the IPv4 address in an IPv4-mapped one

std::optional<unsigned> number_of(std::string_view text, unsigned most) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value > most) return std::nullopt;
    return value;
}

std::optional<ip::address> address_of(std::string_view text) {
    boost::system::error_code error;
    const auto address = ip::make_address(text, error);
    return error ? std::nullopt : std::optional(address);
}

ip::address_v6::bytes_type mapped(const ip::address& address) {
    return address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes() : address.to_v6().to_bytes();
}

ip::address unmapped(const ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

// What proxies write instead of an address that they will not tell (RFC 7239) or that is none (nginx: "unix:").
bool is_concealed(std::string_view entry) { return entry == "unknown" || entry.starts_with('_') || entry.starts_with("unix:"); }

bool is_nobody(const ip::address& address) { return unmapped(address).is_loopback() || unmapped(address).is_unspecified(); }

}  // namespace

AddressRanges AddressRanges::parse(std::string_view list) {
    AddressRanges parsed;
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        const std::string_view entry = trimmed(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
        if (entry.empty() || entry == "none") continue;
        if (entry == "loopback") {
            for (const char* range : {"127.0.0.0/8", "::1"}) parsed.ranges_.push_back(parse(range).ranges_.front());
            continue;
        }
        const auto slash = entry.find('/');
        const auto address = address_of(entry.substr(0, slash));
        const unsigned longest = address && address->is_v4() ? 32 : 128;
        const auto bits = slash == std::string_view::npos ? std::optional(longest) : number_of(entry.substr(slash + 1), longest);
        if (!address || !bits)
            throw std::runtime_error("--trusted-proxies: " + std::string(entry) +
                                     " is no address and no range of addresses, like 10.0.0.0/8 or fd00::/8.");
        parsed.ranges_.push_back({mapped(*address), *bits + (address->is_v4() ? kV4Prefix : 0)});
    }
    return parsed;
}

bool AddressRanges::contains(const ip::address& address) const {
    const auto bytes = mapped(address);
    return std::ranges::any_of(ranges_, [&](const Range& range) {
        for (unsigned bit = 0; bit < range.bits; bit += 8) {
            const unsigned compared = std::min(range.bits - bit, 8U);
            const auto differing = static_cast<unsigned>(bytes[bit / 8] ^ range.network[bit / 8]);
            if (differing >> (8 - compared) != 0) return false;
        }
        return true;
    });
}

std::string address_key(const ip::address& address) {
    const ip::address plain = unmapped(address);
    if (plain.is_loopback()) return {};
    if (plain.is_v4()) return plain.to_string();
    auto bytes = plain.to_v6().to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    return ip::make_address_v6(bytes).to_string();
}

std::optional<ip::address> parse_forwarded(std::string_view entry) {
    entry = trimmed(entry);
    constexpr unsigned kLastPort = 65'535;
    if (entry.starts_with('[')) {
        const auto close = entry.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        const std::string_view rest = entry.substr(close + 1);
        if (!rest.empty() && (rest.front() != ':' || !number_of(rest.substr(1), kLastPort))) return std::nullopt;
        const auto address = address_of(entry.substr(1, close - 1));
        return address && address->is_v6() ? address : std::nullopt;
    }
    const auto colon = entry.find(':');
    if (colon == std::string_view::npos || entry.find(':', colon + 1) != std::string_view::npos) return address_of(entry);
    if (!number_of(entry.substr(colon + 1), kLastPort)) return std::nullopt;
    return address_of(entry.substr(0, colon));
}

std::string client_address(const ip::address& peer, const AddressRanges& trusted, const ProxyHeaders& headers) {
    std::string own = address_key(peer);
    // A proxy on this machine that is not trusted asks for somebody else too, so it has no empty key.
    if (!headers.any || !trusted.contains(peer)) return own.empty() && headers.any ? std::string(kUnknownAddress) : own;
    std::string_view entries = headers.forwarded_for;
    std::string of_proxy(kUnknownAddress);
    while (!entries.empty()) {
        const auto comma = entries.rfind(',');
        const std::string_view entry = trimmed(comma == std::string_view::npos ? entries : entries.substr(comma + 1));
        entries = comma == std::string_view::npos ? std::string_view() : entries.substr(0, comma);
        if (is_concealed(entry)) return std::string(kUnknownAddress);
        const auto address = parse_forwarded(entry);
        if (!address) continue;
        const bool of_a_proxy = trusted.contains(*address);
        if (is_nobody(*address)) {
            if (!of_a_proxy) return std::string(kUnknownAddress);
            continue;
        }
        if (!of_a_proxy) return address_key(*address);
        of_proxy = address_key(*address);  // if only proxies are listed, the one furthest away counts
    }
    return of_proxy;
}

}  // namespace musicspace::relay
