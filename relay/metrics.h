#pragma once
// Counters for /metrics. Owned by main, touched on the I/O thread only.

#include <cstdint>
#include <string>

namespace musicspace::relay {

struct Metrics {
    std::uint64_t rooms = 0;
    std::uint64_t listeners = 0;
    std::uint64_t frames_made = 0;
    std::uint64_t frames_sent = 0;
    std::uint64_t frame_bytes_sent = 0;
    std::uint64_t frames_dropped = 0;
    std::uint64_t commands = 0;
    std::uint64_t commands_refused = 0;
    std::uint64_t stalls = 0;
    std::uint64_t pipelines = 0;
    std::uint64_t journal_dropped = 0;
};

/// In the Prometheus text format.
[[nodiscard]] std::string metrics_text(const Metrics& metrics);

}  // namespace musicspace::relay
