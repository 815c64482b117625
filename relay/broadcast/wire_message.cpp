#include "relay/broadcast/wire_message.h"

namespace musicspace::relay {

namespace {

constexpr std::uint8_t kFinal = 0x80;
constexpr std::uint8_t kTwoByteLength = 126;
constexpr std::uint8_t kEightByteLength = 127;

}  // namespace

void append_big_endian(std::vector<std::uint8_t>& bytes, std::uint64_t value, int width) {
    for (int shift = (width - 1) * 8; shift >= 0; shift -= 8)
        bytes.push_back(static_cast<std::uint8_t>(value >> static_cast<unsigned>(shift)));
}

std::size_t wire_header_bytes(std::size_t payload_bytes) {
    if (payload_bytes < kTwoByteLength) return 2;
    return payload_bytes <= 0xffff ? 4 : 10;
}

void append_wire_header(std::vector<std::uint8_t>& bytes, Opcode opcode, std::size_t payload_bytes) {
    bytes.push_back(kFinal | static_cast<std::uint8_t>(opcode));
    if (payload_bytes < kTwoByteLength) {
        append_big_endian(bytes, payload_bytes, 1);
    } else if (payload_bytes <= 0xffff) {
        append_big_endian(bytes, kTwoByteLength, 1);
        append_big_endian(bytes, payload_bytes, 2);
    } else {
        append_big_endian(bytes, kEightByteLength, 1);
        append_big_endian(bytes, payload_bytes, 8);
    }
}

std::span<const std::uint8_t> WireMessage::payload() const {
    const std::uint8_t length = bytes.at(1);
    if (length == kEightByteLength) return std::span(bytes).subspan(10);
    return std::span(bytes).subspan(length == kTwoByteLength ? 4 : 2);
}

bool WireMessage::is_close() const { return !bytes.empty() && bytes.front() == (kFinal | static_cast<std::uint8_t>(Opcode::close)); }

WirePtr make_wire(Opcode opcode, std::span<const std::uint8_t> payload) {
    auto message = std::make_shared<WireMessage>();
    message->bytes.reserve(wire_header_bytes(payload.size()) + payload.size());
    append_wire_header(message->bytes, opcode, payload.size());
    message->bytes.insert(message->bytes.end(), payload.begin(), payload.end());
    return message;
}

WirePtr make_text(std::string_view text) {
    return make_wire(Opcode::text, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

}  // namespace musicspace::relay
