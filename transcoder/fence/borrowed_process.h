#pragma once
// Runs a short function in a process of its own that uses this process's memory, as posix_spawn does it. fork() would copy the page tables
// of all of the server's memory, and after that each page that is written to.

#include <sys/types.h>

namespace musicspace::transcoder {

using BorrowedFunction = int (*)(void* argument);

struct Started {
    pid_t process = -1;  ///< -1: see errno
    int handle = -1;     ///< a pidfd, which the caller has to close
};

/// Runs `function` in such a process. It may call only async-signal-safe functions, and write only to `argument`. Returns once the process
/// has become another program (exec) or has ended; the caller has to wait for it. All signals are blocked meanwhile; in the child they stay
/// so until it unblocks them. `flags`: further flags for clone().
[[nodiscard]] Started start_borrowed_process(BorrowedFunction function, void* argument, int flags);

/// Runs `function` in such a process to its end. Returns its result (0 to 255), or -1 when that failed.
[[nodiscard]] int in_borrowed_process(BorrowedFunction function, void* argument, int flags);

}  // namespace musicspace::transcoder
