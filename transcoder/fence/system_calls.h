#pragma once
// System calls that a thread, and what it starts, may not make: a seccomp filter. It names what is refused and lets the rest pass, for
// Python, Deno and FFmpeg make different ones with each version. Built once, before a fork.

#include <linux/filter.h>

#include <vector>

namespace musicspace::transcoder {

/// False where the kernel has no seccomp filters, or this is not x86-64 or arm64.
[[nodiscard]] bool has_system_call_filters();

struct SystemCallRules {
    bool starts_programs = true;
    bool datagrams = false;     ///< UDP, which names are resolved with, and netlink, which glibc asks for addresses of its own
    bool unix_sockets = false;  ///< to connect to; pairs of them always
};

class SystemCallFilter {
public:
    explicit SystemCallFilter(const SystemCallRules& rules);

    [[nodiscard]] bool available() const { return !program_.empty(); }

    /// Of the calling thread, for good; needs no_new_privs. Async-signal-safe. False when it failed: see errno.
    [[nodiscard]] bool enter() const;

private:
    std::vector<sock_filter> program_;
};

}  // namespace musicspace::transcoder
