#pragma once
// One whole WebSocket message (RFC 6455) as it goes over the wire, header included. Immutable and shared: what a server sends is not
// masked, so that the bytes are the same for everybody. Pure.

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace musicspace::relay {

enum class Opcode : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9 };

struct WireMessage {
    std::vector<std::uint8_t> bytes;

    /// Without the header.
    [[nodiscard]] std::span<const std::uint8_t> payload() const;
    [[nodiscard]] bool is_close() const;
};

using WirePtr = std::shared_ptr<const WireMessage>;

[[nodiscard]] std::size_t wire_header_bytes(std::size_t payload_bytes);
/// Of a message in one piece.
void append_wire_header(std::vector<std::uint8_t>& bytes, Opcode opcode, std::size_t payload_bytes);

[[nodiscard]] WirePtr make_wire(Opcode opcode, std::span<const std::uint8_t> payload);
[[nodiscard]] WirePtr make_text(std::string_view text);

/// Appends `value` in network byte order.
void append_big_endian(std::vector<std::uint8_t>& bytes, std::uint64_t value, int width);

}  // namespace musicspace::relay
