#include "tests/bench/load/listener.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace musicspace::load {

namespace {

constexpr std::int64_t kPacketUs = 20'000;
constexpr std::int64_t kSlackUs = 5;
constexpr int kText = 1;
constexpr int kBinary = 2;
constexpr int kPing = 9;
constexpr int kPong = 10;

std::int64_t big_endian(const std::uint8_t* bytes, int width) {
    std::uint64_t value = 0;
    for (int i = 0; i < width; ++i) value = value << 8U | bytes[i];
    return static_cast<std::int64_t>(value);
}

}  // namespace

std::int64_t now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void Spread::add(std::int64_t us) {
    const double ms = static_cast<double>(us) / 1000;
    ++counts_[std::clamp(static_cast<int>(ms), 0, kMost)];
    ++count_;
    least_ms_ = std::min(least_ms_, ms);
    most_ms_ = std::max(most_ms_, ms);
}

double Spread::quantile(double part) const {
    auto left = static_cast<std::int64_t>(part * static_cast<double>(count_));
    for (int ms = 0; ms <= kMost; ++ms) {
        left -= counts_[ms];
        if (left < 0) return ms;
    }
    return kMost;
}

void Listener::start(const Target& target, const std::string& code, int epoll, Totals& totals) {
    target_ = &target;
    totals_ = &totals;
    epoll_ = epoll;
    code_ = code;
    started_us_ = now_us();
    phase_ = target.peer == Peer::music_space ? Phase::joining : Phase::upgrading;
    connect();
}

void Listener::connect() {
    connected_ = false;
    text_.clear();
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(target_->port);
    ::inet_pton(AF_INET, target_->host.c_str(), &address.sin_addr);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS) return close();
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT;
    event.data.ptr = this;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket_, &event);
}

void Listener::on_connected() {
    connected_ = true;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = this;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, socket_, &event);
    std::string request;
    if (phase_ == Phase::joining) {
        const std::string body = R"({"name":"Load"})";
        request = "POST /api/rooms/" + code_ +
                  "/members HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n" +
                  "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    } else if (target_->peer == Peer::http) {
        request = "GET " + target_->path + " HTTP/1.0\r\nHost: localhost\r\n\r\n";
    } else {
        request = "GET " + target_->path + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
                  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                  (target_->peer == Peer::music_space ? "Sec-WebSocket-Protocol: musicspace.v1\r\n" : "") + "\r\n";
    }
    if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) close();
}

void Listener::on_ready(std::uint32_t events) {
    if (phase_ == Phase::gone) return;
    if (!connected_) {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) return close();
        on_connected();
        if ((events & EPOLLIN) == 0) return;
    }
    static std::array<char, 1U << 18U> buffer;
    const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) {
        if (phase_ == Phase::joining && !token_.empty()) return;
        return phase_ == Phase::joining ? on_answer() : close();
    }
    on_bytes(buffer.data(), static_cast<std::size_t>(size));
}

void Listener::on_bytes(const char* data, std::size_t size) {
    if (phase_ == Phase::listening) {
        totals_->bytes += static_cast<std::int64_t>(size);
        if (target_->peer != Peer::http) on_messages(reinterpret_cast<const std::uint8_t*>(data), size);
        return;
    }
    text_.append(data, size);
    if (phase_ == Phase::joining) return on_answer();
    const auto end = text_.find("\r\n\r\n");
    if (end == std::string::npos) return;
    phase_ = Phase::listening;
    const std::string rest = text_.substr(end + 4);
    if (target_->peer == Peer::music_space) {
        greeted_us_ = now_us();
        send_frame(kText, R"({"type":"hello","code":")" + code_ + R"(","token":")" + token_ + "\"}");
    }
    text_ = {};
    if (!rest.empty()) on_bytes(rest.data(), rest.size());
}

// Whole once the token's closing quote is there.
void Listener::on_answer() {
    constexpr const char* kKey = "\"token\":\"";
    const auto at = text_.find(kKey);
    const auto end = at == std::string::npos ? at : text_.find('"', at + std::strlen(kKey));
    if (end == std::string::npos) {
        if (text_.size() > 20 && text_.find(" 201 ") == std::string::npos) close();
        return;
    }
    token_ = text_.substr(at + std::strlen(kKey), end - at - std::strlen(kKey));
    ::close(socket_);
    phase_ = Phase::upgrading;
    connect();
}

void Listener::on_messages(const std::uint8_t* data, std::size_t size) {
    while (size > 0) {
        // The headers first, then what is of no interest.
        if (held_ < kHeld && !looked_) {
            const std::size_t wanted =
                left_ < 0 ? (held_ < 2 ? 2 : payload_at_) : std::min(kHeld, payload_at_ + static_cast<std::size_t>(left_));
            const std::size_t part = std::min(size, wanted - held_);
            std::memcpy(header_ + held_, data, part);
            held_ += part;
            data += part;
            size -= part;
            if (held_ < wanted) return;
            if (left_ < 0) {
                const int length = header_[1] & 127;
                if (held_ == 2) {
                    payload_at_ = length == 126 ? 4 : length == 127 ? 10 : 2;
                    if (payload_at_ > 2) continue;
                }
                left_ = payload_at_ == 2 ? length : big_endian(header_ + 2, static_cast<int>(payload_at_) - 2);
                if (left_ > 0) continue;
            }
            left_ -= static_cast<std::int64_t>(held_ - payload_at_);
            looked_ = true;
        }
        const auto part = std::min<std::int64_t>(left_, static_cast<std::int64_t>(size));
        left_ -= part;
        data += part;
        size -= static_cast<std::size_t>(part);
        if (left_ == 0) on_message_end();
    }
    if (looked_ && left_ == 0) on_message_end();
}

void Listener::on_message_end() {
    on_header();
    held_ = 0;
    left_ = -1;
    payload_at_ = 0;
    looked_ = false;
}

void Listener::on_header() {
    const int opcode = header_[0] & 15;
    if (opcode == kPing) return send_frame(kPong, "");
    ++totals_->messages;
    if (opcode == kText) ++totals_->texts;
    if (opcode != kBinary || target_->peer != Peer::music_space) return;
    const std::uint8_t* payload = header_ + payload_at_;
    if (payload[0] == 2) ++totals_->time_answers;
    if (payload[0] != 1) return;
    ++totals_->frames;
    const std::int64_t now = now_us();
    const std::int64_t pre_roll = payload[1] >> 4;
    const std::int64_t packets = big_endian(payload + 2, 2);
    const auto epoch = static_cast<std::uint32_t>(big_endian(payload + 4, 4));
    const std::int64_t heard_from = big_endian(payload + 8, 8) + pre_roll * kPacketUs;
    if (epoch_end_us_ == 0) {
        totals_->join.add(now - started_us_);
        totals_->first_frame.add(now - greeted_us_);
    } else {
        totals_->ahead.add(heard_from - now);
        const std::int64_t end = heard_from + (packets - pre_roll) * kPacketUs;
        if (heard_from < now) {
            ++totals_->late;
            totals_->holes_us += std::min(now, end) - heard_from;
        }
        if (epoch == epoch_ && heard_from > epoch_end_us_ + kSlackUs) totals_->holes_us += heard_from - epoch_end_us_;
        if (epoch == epoch_ && std::abs(heard_from - epoch_end_us_) > kSlackUs) ++totals_->gaps;
    }
    ++totals_->tiers[payload[1] & 3];
    epoch_ = epoch;
    epoch_end_us_ = heard_from + (packets - pre_roll) * kPacketUs;
}

void Listener::send_frame(int opcode, const std::string& payload) {
    // A mask of zeros is a mask: the payload stays as it is.
    std::string frame(1, static_cast<char>(0x80 | opcode));
    if (payload.size() < 126) {
        frame += static_cast<char>(0x80 | payload.size());
    } else {
        frame += static_cast<char>(0x80 | 126);
        frame += static_cast<char>(payload.size() >> 8U);
        frame += static_cast<char>(payload.size() & 255U);
    }
    frame.append(4, '\0').append(payload);
    if (::send(socket_, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT) != static_cast<ssize_t>(frame.size())) close();
}

void Listener::ask_time() {
    if (phase_ != Phase::listening) return;
    send_frame(kBinary, std::string("\2\0\0\0\0\0\0\0\7", 9));
    if (++asked_ % 2 == 0) send_frame(kText, R"({"type":"sync","errorMs":-0.4123,"rttMs":212.5,"bufferMs":7900.5})");
}

void Listener::get_stuck() { ::epoll_ctl(epoll_, EPOLL_CTL_DEL, socket_, nullptr); }

void Listener::close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
    phase_ = Phase::gone;
    ++totals_->closed;
}

}  // namespace musicspace::load
