#pragma once
// One simulated listener: joins a room over HTTP, opens a WebSocket, says hello, and checks what comes without keeping it: that frames
// follow each other, that each comes ahead of its time. With another `Peer` it only counts. Non-blocking; its epoll loop drives it.

#include <cstdint>
#include <string>

namespace musicspace::load {

/// Microseconds of the monotonic clock, which is the server's time too.
[[nodiscard]] std::int64_t now_us();

enum class Peer {
    music_space,
    websocket,  ///< any server that pushes messages to who connects
    http,       ///< a stream without end, as Icecast's
};

struct Target {
    Peer peer = Peer::music_space;
    std::string host = "127.0.0.1";  ///< an IPv4 address
    std::uint16_t port = 0;
    std::string path = "/ws";       ///< of the WebSocket or the stream
    std::int64_t ask_every_us = 0;  ///< time questions, and half as often reports of sync; 0: none
};

/// How many values fell into each millisecond; negative ones into the first.
class Spread {
public:
    static constexpr int kMost = 10'000;
    void add(std::int64_t us);
    /// In ms: below it lie `part` of all.
    [[nodiscard]] double quantile(double part) const;
    [[nodiscard]] std::int64_t count() const { return count_; }
    [[nodiscard]] double least_ms() const { return least_ms_; }
    [[nodiscard]] double most_ms() const { return most_ms_; }

private:
    std::int64_t counts_[kMost + 1]{};
    std::int64_t count_ = 0;
    double least_ms_ = 1e9;
    double most_ms_ = -1e9;
};

/// Of all listeners, since it was made anew.
struct Totals {
    std::int64_t bytes = 0;
    std::int64_t messages = 0;
    std::int64_t frames = 0;
    std::int64_t texts = 0;
    std::int64_t time_answers = 0;
    std::int64_t late = 0;      ///< frames whose first heard packet was due before they came
    std::int64_t holes_us = 0;  ///< sound that came late, or was skipped, in all
    std::int64_t tiers[4]{};    ///< frames of each
    std::int64_t gaps = 0;      ///< frames that did not follow the one before
    std::int64_t closed = 0;
    Spread ahead;        ///< how long before its time a frame came
    Spread join;         ///< from the start of a join until the first frame is there
    Spread first_frame;  ///< from the hello on
};

class Listener {
public:
    void start(const Target& target, const std::string& code, int epoll, Totals& totals);
    void on_ready(std::uint32_t events);
    void ask_time();  // as a page does
    /// From now on it reads nothing.
    void get_stuck();
    [[nodiscard]] bool listening() const { return phase_ == Phase::listening; }
    [[nodiscard]] bool playing() const { return epoch_end_us_ != 0; }
    [[nodiscard]] bool gone() const { return phase_ == Phase::gone; }

private:
    enum class Phase { joining, upgrading, listening, gone };
    void connect();
    void on_connected();
    void on_bytes(const char* data, std::size_t size);
    void on_answer();
    void on_messages(const std::uint8_t* data, std::size_t size);
    void on_header();
    void on_message_end();
    void send_frame(int opcode, const std::string& payload);
    void close();

    const Target* target_ = nullptr;
    Totals* totals_ = nullptr;
    int epoll_ = -1;
    int socket_ = -1;
    Phase phase_ = Phase::joining;
    bool connected_ = false;
    std::string code_;
    std::string token_;
    std::string text_;  ///< of an HTTP answer
    std::int64_t started_us_ = 0;
    std::int64_t greeted_us_ = 0;

    // Of the message that comes in: its headers, and how much of it is still to come.
    static constexpr std::size_t kHeld = 10 + 24;
    std::uint8_t header_[kHeld]{};
    std::size_t held_ = 0;
    std::int64_t left_ = -1;  ///< -1: its length is not known yet
    std::size_t payload_at_ = 0;
    bool looked_ = false;

    std::int64_t asked_ = 0;
    std::uint32_t epoch_ = 0;
    std::int64_t epoch_end_us_ = 0;  ///< where the last frame ended
};

}  // namespace musicspace::load
