// The least that sending costs on this machine: a bare epoll loop that pushes the same bytes on the same schedule as the server does, to
// whoever connects, and knows nothing of rooms, protocols or the clock. With `send` a system call for each message, with `io_uring` one for
// many. Usage: fanout_floor BYTES PERIOD_MS send|io_uring; prints its port, ends with its stdin.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "relay/broadcast/sender.h"
#include "relay/broadcast/wire_message.h"

namespace {

constexpr long kSliceMs = 50;  // a period has so many of them that fit; each listener is in one

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) return 2;
    const auto bytes = static_cast<std::size_t>(std::strtoul(argv[1], nullptr, 10));
    constexpr long kSliceNs = kSliceMs * 1'000'000;
    std::vector<std::vector<int>> slices(static_cast<std::size_t>(std::max(1L, std::strtol(argv[2], nullptr, 10) / kSliceMs)));
    const auto calls = std::string(argv[3]) == "io_uring" ? musicspace::relay::make_uring_calls() : nullptr;
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    // NOLINTNEXTLINE(bugprone-unused-return-value): without it nothing connects
    ::bind(listener, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener, 4096);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    std::printf("%u\n", static_cast<unsigned>(ntohs(address.sin_port)));
    std::fflush(stdout);

    const int timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    const itimerspec every{{0, kSliceNs}, {0, 1'000'000}};
    ::timerfd_settime(timer, 0, &every, nullptr);
    const int epoll = ::epoll_create1(0);
    for (const int each : {listener, timer, 0}) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = each;
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, each, &event);
    }
    // What a WebSocket handshake would be; the load generator waits for its end.
    const std::string greeting = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
    const auto message = musicspace::relay::make_wire(musicspace::relay::Opcode::binary, std::vector<std::uint8_t>(bytes, 1));
    iovec part{const_cast<std::uint8_t*>(message->bytes.data()), message->bytes.size()};
    std::size_t joined = 0;
    std::size_t turn = 0;
    std::vector<musicspace::relay::SendOp> ops;
    while (true) {
        std::array<epoll_event, 64> events{};
        const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            const int ready = events.at(static_cast<std::size_t>(i)).data.fd;
            if (ready == 0) return 0;
            if (ready == listener) {
                const int socket = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
                if (socket < 0) continue;
                const int on = 1;
                ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                (void)::send(socket, greeting.data(), greeting.size(), MSG_NOSIGNAL);
                slices.at(joined++ % slices.size()).push_back(socket);
                continue;
            }
            std::uint64_t expired = 0;
            if (::read(timer, &expired, sizeof expired) < 0) continue;
            for (; expired > 0; --expired, ++turn) {
                const auto& due = slices.at(turn % slices.size());
                if (calls) {
                    for (std::size_t first = 0; first < due.size(); first += musicspace::relay::SendCalls::kMostOps) {
                        ops.clear();
                        for (std::size_t at = first; at < std::min(due.size(), first + musicspace::relay::SendCalls::kMostOps); ++at)
                            ops.push_back({due[at], std::span(&part, 1), 0});
                        calls->send(ops);
                    }
                } else {
                    for (const int socket : due) (void)::send(socket, part.iov_base, part.iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
                }
            }
        }
    }
}
