#pragma once
// A seccomp filter: system calls that a thread, and the processes that it starts, may not make. It lists those that are refused and not
// those that are allowed, because Python, Deno and FFmpeg use other ones in each version. Built once, and entered any number of times.

#include <linux/filter.h>

#include <vector>

namespace musicspace::transcoder {

/// Whether the kernel has seccomp filters, and this is x86-64 or arm64.
[[nodiscard]] bool has_system_call_filters();

struct SystemCallRules {
    bool starts_programs = true;
    bool datagrams = false;     ///< UDP, by which names are resolved, and netlink, which glibc asks for this machine's addresses
    bool unix_sockets = false;  ///< allows sockets that connect to others; pairs are always allowed
    /// Something else keeps signals inside. If not, the filter allows them only within the process group as a whole: it cannot know by its
    /// number whether a process or thread is the server's.
    bool signals_are_bounded = false;
};

class SystemCallFilter {
public:
    explicit SystemCallFilter(const SystemCallRules& rules);

    [[nodiscard]] bool available() const { return !program_.empty(); }

    /// Restricts the calling thread, for good; it needs no_new_privs. Async-signal-safe. Returns false when it failed: see errno.
    [[nodiscard]] bool enter() const;

private:
    std::vector<sock_filter> program_;
};

}  // namespace musicspace::transcoder
