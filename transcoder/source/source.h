#pragma once
// Bytes of a media file. Owned by one pipeline and used on its thread only; a stop request ends a blocked read at once.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace musicspace::transcoder {

class Source {
public:
    Source() = default;
    virtual ~Source() = default;
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    /// Fills at least one byte and returns how many, 0 at the end. Throws TranscodeFailure.
    [[nodiscard]] virtual std::size_t read(std::span<std::uint8_t> into) = 0;
    /// The next read starts at byte `offset`. Throws TranscodeFailure.
    virtual void seek(std::int64_t offset) = 0;
    /// Total bytes, when the source tells.
    [[nodiscard]] virtual std::optional<std::int64_t> size() = 0;
    /// Until when the above may wait; then they throw Fault::timed_out. Nothing: as long as it takes.
    virtual void wait_until(std::optional<std::chrono::steady_clock::time_point> /*deadline*/) {}
};

}  // namespace musicspace::transcoder
