#pragma once
// A short function in a process of its own that borrows this process's memory, as posix_spawn does it: fork() would copy the page tables
// of all of the server's memory, and then each page that is written to.

#include <sys/types.h>

namespace musicspace::transcoder {

using BorrowedFunction = int (*)(void* argument);

struct Started {
    pid_t process = -1;  ///< -1: see errno
    int handle = -1;     ///< a pidfd; the caller's
};

/// Runs `function`, which may call what is async-signal-safe only, and write to `argument` only. Returns when it has become another
/// program or ended; somebody has to wait for the process. All signals are held meanwhile, in the child until it lets them go.
/// `flags`: of clone(), besides.
[[nodiscard]] Started start_borrowed_process(BorrowedFunction function, void* argument, int flags);

/// Runs `function` to its end. Returns what it returned, or -1.
[[nodiscard]] int in_borrowed_process(BorrowedFunction function, void* argument, int flags);

}  // namespace musicspace::transcoder
