#include "tests/unit/scripted_site.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace musicspace::transcoder {

bool ScriptedSite::Connection::text(const std::string& text) const {
    return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

bool ScriptedSite::Connection::body(const std::string& bytes) const {
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t count = ::send(fd_, bytes.data() + done, std::min<std::size_t>(bytes.size() - done, 16'384), MSG_NOSIGNAL);
        if (count <= 0) return false;
        done += static_cast<std::size_t>(count);
        sent_ += count;
    }
    return true;
}

void ScriptedSite::Connection::await_hang_up() const {
    char byte = 0;
    while (::recv(fd_, &byte, 1, 0) > 0) {
    }
}

void ScriptedSite::Connection::reset() const {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

ScriptedSite::ScriptedSite(Script script, const std::string& at)
    : script_(std::move(script)), address_(at), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    // Little lies between a send and its being read, so that what was sent says what was pulled.
    const int small = 32 << 10;
    ::setsockopt(listener_, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, address_.c_str(), &address.sin_addr);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        std::perror("listen");
        std::abort();
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedSite::~ScriptedSite() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
        const std::lock_guard lock(mutex_);
        for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    for (std::thread& conversation : conversations_) conversation.join();
    ::close(listener_);
}

void ScriptedSite::accept_all() {
    while (true) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0 || stopping_) {
            if (fd >= 0) ::close(fd);
            return;
        }
        const std::lock_guard lock(mutex_);
        open_.push_back(fd);
        conversations_.emplace_back([this, fd] { converse(fd); });
    }
}

void ScriptedSite::converse(int fd) {
    std::string head;
    char byte = 0;
    while (!head.ends_with("\r\n\r\n") && ::recv(fd, &byte, 1, 0) == 1) head += byte;
    if (head.ends_with("\r\n\r\n")) {
        Request request;
        request.head = head;
        request.path = head.substr(4, head.find(' ', 4) - 4);
        if (const auto at = head.find("Range: bytes="); at != std::string::npos) {
            const std::string range = head.substr(at + 13, head.find('\r', at) - at - 13);
            request.from = std::stoll(range);
            if (const auto dash = range.find('-'); dash + 1 < range.size()) request.to = std::stoll(range.substr(dash + 1)) + 1;
        }
        {
            const std::lock_guard lock(mutex_);
            request.number = static_cast<int>(requests_.size()) + 1;
            requests_.push_back(request);
        }
        script_(request, Connection(fd, sent_));
    }
    const std::lock_guard lock(mutex_);
    std::erase(open_, fd);
    ::close(fd);
}

void ScriptedSite::serve(const Request& request, const Connection& connection, const std::string& file, std::size_t most) {
    const auto size = static_cast<std::int64_t>(file.size());
    if (request.from >= size) {
        connection.text("HTTP/1.1 416 Beyond\r\nContent-Range: bytes */" + std::to_string(size) + "\r\nContent-Length: 0\r\n\r\n");
        return;
    }
    const std::int64_t to = std::min(request.to, size);
    connection.text("HTTP/1.1 206 Partial\r\nContent-Type: audio/wav\r\nConnection: close\r\nContent-Range: bytes " +
                    std::to_string(request.from) + "-" + std::to_string(to - 1) + "/" + std::to_string(size) +
                    "\r\nContent-Length: " + std::to_string(to - request.from) + "\r\n\r\n");
    connection.body(file.substr(static_cast<std::size_t>(request.from), std::min(static_cast<std::size_t>(to - request.from), most)));
}

std::string ScriptedSite::url(const std::string& path) const { return "http://" + address_ + ":" + std::to_string(port_) + path; }

std::vector<ScriptedSite::Request> ScriptedSite::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

}  // namespace musicspace::transcoder
