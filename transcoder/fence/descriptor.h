#pragma once

#include <unistd.h>

#include <utility>

namespace musicspace::transcoder {

/// A file descriptor that is closed once.
class Descriptor {
public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    ~Descriptor() { reset(); }
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    void reset() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

}  // namespace musicspace::transcoder
