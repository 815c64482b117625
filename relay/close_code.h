#pragma once
// WebSocket close codes of our own (4000-4999 are free for applications); the last two digits echo HTTP's where there is a likeness.

#include <cstdint>

namespace musicspace::relay::close_code {

inline constexpr std::uint16_t kBadHello = 4400;
inline constexpr std::uint16_t kBadToken = 4401;
inline constexpr std::uint16_t kExpelled = 4403;
inline constexpr std::uint16_t kNoSuchRoom = 4404;
inline constexpr std::uint16_t kNoHello = 4408;
inline constexpr std::uint16_t kSilent = 4410;
inline constexpr std::uint16_t kTooSlow = 4429;
inline constexpr std::uint16_t kRoomFull = 4503;

}  // namespace musicspace::relay::close_code
