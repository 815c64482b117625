#pragma once
// Counters and histograms for /metrics. Owned by main, touched on the I/O thread only.

#include <array>
#include <cstdint>
#include <string>

namespace musicspace::relay {

/// How often values fell below each of a few bounds.
class Histogram {
public:
    static constexpr std::size_t kBounds = 10;

    /// `bounds` ascend.
    explicit Histogram(const std::array<double, kBounds>& bounds) : bounds_(bounds) {}

    void observe(double value);
    /// In the Prometheus text format.
    [[nodiscard]] std::string text(const std::string& name, const std::string& help) const;

private:
    std::array<double, kBounds> bounds_;
    std::array<std::uint64_t, kBounds> counts_{};  ///< of values up to the bound and above the one before
    std::uint64_t count_ = 0;
    double sum_ = 0;
};

struct Metrics {
    std::uint64_t rooms = 0;
    std::uint64_t listeners = 0;
    std::uint64_t frames_made = 0;
    std::uint64_t frames_sent = 0;
    std::uint64_t frame_bytes_sent = 0;
    std::uint64_t skips = 0;
    std::uint64_t connections_refused = 0;
    std::uint64_t rooms_refused = 0;
    std::uint64_t listeners_refused = 0;
    std::uint64_t codes_refused = 0;
    std::uint64_t members_refused = 0;
    std::uint64_t texts_refused = 0;
    std::uint64_t work_refused = 0;
    std::uint64_t rooms_evicted = 0;
    std::uint64_t too_talkative = 0;
    std::uint64_t talk_dropped = 0;
    std::uint64_t handlers_failed = 0;
    std::uint64_t accept_pauses = 0;
    std::uint64_t stuck = 0;
    std::uint64_t tiers_lowered = 0;
    std::uint64_t tiers_raised = 0;
    std::uint64_t commands = 0;
    std::uint64_t commands_refused = 0;
    std::uint64_t stalls = 0;
    std::uint64_t pipelines = 0;
    std::uint64_t journal_waiting = 0;
    std::uint64_t journal_dropped = 0;
    std::uint64_t journal_refused = 0;
    std::uint64_t journal_skipped = 0;
    Histogram sync_error_ms{{0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000}};
    Histogram rtt_ms{{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000}};
    Histogram buffer_ms{{50, 100, 200, 500, 1000, 2000, 3000, 4000, 6000, 10000}};
};

/// In the Prometheus text format.
[[nodiscard]] std::string metrics_text(const Metrics& metrics);

}  // namespace musicspace::relay
