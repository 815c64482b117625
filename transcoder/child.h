#pragma once
// A program that runs as a child, with pipes from its standard output and standard error. It gets a process group of its own. Whatever
// happens, the group is killed and the child waited for at the latest when this ends.
// Used on one thread, which must live as long as the child: the kernel kills the child when that thread ends.

#include <sys/types.h>

#include <string>
#include <vector>

#include "transcoder/fence/descriptor.h"
#include "transcoder/fence/fence.h"

namespace musicspace::transcoder {

class Child {
public:
    /// `arguments[0]` is looked up in PATH. `environment`: NAME=value, all that the child gets. `fence` may be null.
    /// Throws std::system_error when there is no such program (ENOENT), or no process can be made, or not behind the fence.
    Child(std::vector<std::string> arguments, std::vector<std::string> environment, const PreparedFence* fence);
    ~Child() { end(); }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// Readable once the child has ended.
    [[nodiscard]] int handle() const { return handle_.get(); }
    /// Read without blocking.
    Descriptor output;
    Descriptor error;

    /// Kills what is left of the group and waits. Returns the exit code, or 128 + signal.
    int end();

private:
    pid_t pid_ = -1;
    int exit_code_ = 0;
    Descriptor handle_;
};

}  // namespace musicspace::transcoder
