// What a fenced child and a fenced thread can still do, tried for real. Parts that the kernel does not offer are not asked for.

#include "transcoder/fence/fence.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "transcoder/child_process.h"
#include "transcoder/ytdlp_fence.h"

namespace musicspace::transcoder {
namespace {

namespace fs = std::filesystem;

class FenceTest : public testing::Test {
protected:
    FenceTest() : folder_(fs::canonical(testing::TempDir()) / ("fence-" + std::to_string(::getpid()))) {
        for (const char* name : {"scratch", "cache", "secret", "program"}) fs::create_directories(folder_ / name);
        std::ofstream(folder_ / "secret/key") << "secret";
    }
    ~FenceTest() override { fs::remove_all(folder_); }
    FenceTest(const FenceTest&) = delete;
    FenceTest& operator=(const FenceTest&) = delete;

    [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

    [[nodiscard]] Fence fence_for(const std::string& program, const std::vector<std::string>& arguments = {}) const {
        Fence fence;
        fence.files = files_of_ytdlp({program, "", arguments, {}, path("scratch"), path("cache")});
        fence.limits.emplace();
        return fence;
    }

    static ChildResult run(const std::vector<std::string>& arguments, const std::optional<Fence>& fence) {
        ChildSpec spec;
        spec.arguments = arguments;
        spec.fence = fence;
        return run_child(spec, {});
    }
    [[nodiscard]] bool succeeds(const std::string& script, const Fence& fence) const {
        return run({"/bin/sh", "-c", script}, fence).exit_code == 0;
    }
    /// In Python, which makes the calls themselves. Empty when none of them raised.
    [[nodiscard]] std::string python(const std::string& script, const Fence& fence) const {
        return run({"/usr/bin/python3", "-I", "-c", script}, fence).standard_error;
    }

    const fs::path folder_;
};

/// The port of an IPv4 socket, in host order; 0 when it has none.
in_port_t port_of(const Descriptor& socket) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    return ntohs(address.sin_port);
}

/// A socket that listens on a free port of 127.0.0.1, and answers nobody.
Descriptor loopback_listener() {
    Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any), 0);
    EXPECT_EQ(::listen(listener.get(), 4), 0);
    return listener;
}

/// Python that connects to `port` of 127.0.0.1.
std::string connecting_to(in_port_t port) {
    return "import socket; socket.create_connection(('127.0.0.1', " + std::to_string(port) + "), 5)";
}

bool has(const std::string& part) {
    Fence fence;
    fence.limits.emplace();
    fence.files.bounds_ports = true;
    const auto parts = PreparedFence(std::move(fence)).parts();
    return std::ranges::count(parts, part) > 0;
}

TEST_F(FenceTest, FilesOfOthersAreOutOfReach) {
    if (!has("landlock")) GTEST_SKIP() << "no Landlock here";
    const Fence fence = fence_for("/bin/sh");
    EXPECT_TRUE(succeeds("cat /etc/hosts /usr/bin/env > /dev/null", fence));
    EXPECT_TRUE(succeeds("echo x > " + path("scratch/a") + " && cat " + path("scratch/a") + " && rm " + path("scratch/a"), fence));
    EXPECT_TRUE(succeeds("mkdir " + path("cache/a") + " && echo x > " + path("cache/a/b"), fence));
    EXPECT_FALSE(succeeds("cat " + path("secret/key"), fence));
    EXPECT_FALSE(succeeds("ls " + path("secret"), fence));
    EXPECT_FALSE(succeeds("cat /proc/$PPID/environ", fence));
    EXPECT_FALSE(succeeds("cat /proc/$PPID/cmdline", fence));
    for (const std::string& target : {path("secret/new"), std::string("/tmp/musicspace-fence-test"), path("secret/key")})
        EXPECT_FALSE(succeeds("echo x > " + target, fence)) << target;
    EXPECT_FALSE(succeeds("rm " + path("secret/key"), fence));
    // What is written is not run.
    EXPECT_FALSE(succeeds("cp /bin/true " + path("scratch/t") + " && " + path("scratch/t"), fence));
    EXPECT_TRUE(fs::exists(path("secret/key")));
}

TEST_F(FenceTest, WhatArgumentsNameMayBeReadAndNotWritten) {
    if (!has("landlock")) GTEST_SKIP() << "no Landlock here";
    const Fence fence = fence_for("/bin/sh", {"--netrc-location=" + path("secret")});
    EXPECT_TRUE(succeeds("cat " + path("secret/key"), fence));
    EXPECT_FALSE(succeeds("echo x > " + path("secret/key"), fence));
}

TEST_F(FenceTest, AProgramRunsWhereverItLies) {
    const std::string program = path("program/tool");
    std::ofstream(program) << "#!/usr/bin/env sh\n. " << path("program/part") << "\n";
    std::ofstream(path("program/part")) << "echo \"it runs\"\n";
    fs::permissions(program, fs::perms::owner_all);
    EXPECT_EQ(run({program}, fence_for(program)).standard_output, "it runs\n");
    fs::create_symlink(program, path("secret/link"));
    EXPECT_EQ(run({path("secret/link")}, fence_for(path("secret/link"))).standard_output, "it runs\n");
}

TEST_F(FenceTest, AVirtualEnvironmentRunsWhereverItLies) {
    ASSERT_EQ(run({"/usr/bin/python3", "-m", "venv", "--without-pip", path("secret/venv")}, std::nullopt).exit_code, 0);
    const std::string program = path("secret/venv/bin/tool");
    std::ofstream(program) << "#!" << path("secret/venv/bin/python") << "\nimport tool_part, ssl, json\nprint(tool_part.word)\n";
    fs::permissions(program, fs::perms::owner_all);
    for (const auto& entry : fs::recursive_directory_iterator(path("secret/venv/lib")))
        if (entry.path().filename() == "site-packages") std::ofstream(entry.path() / "tool_part.py") << "word = 'it runs'\n";
    const ChildResult result = run({program}, fence_for(program));
    EXPECT_EQ(result.standard_output, "it runs\n") << result.standard_error;
    if (has("landlock")) {
        EXPECT_NE(run({program.substr(0, program.rfind('/')) + "/python", "-c", "open('" + path("secret/key") + "')"}, fence_for(program))
                      .standard_error.find("PermissionError"),
                  std::string::npos);
    }
}

TEST_F(FenceTest, PathsAreFoundInArguments) {
    EXPECT_EQ(paths_in("--a=/b/c"), std::vector<std::string>{"/b/c"});
    EXPECT_EQ(paths_in("firefox:/home/x/.mozilla"), std::vector<std::string>{"/home/x/.mozilla"});
    EXPECT_EQ(paths_in("/a:/b:relative:/"), (std::vector<std::string>{"/a", "/b"}));
    EXPECT_TRUE(paths_in("").empty());
    EXPECT_TRUE(paths_in("a/b").empty());
}

TEST_F(FenceTest, CallsThatNoProgramOfOursNeedsAreRefused) {
    if (!has("seccomp")) GTEST_SKIP() << "no seccomp here";
    const Fence fence = fence_for("/usr/bin/python3");
    EXPECT_EQ(python("import socket, subprocess, threading, ssl\nsocket.socket(socket.AF_INET)\nsocket.socket(socket.AF_INET6)\n"
                     "socket.socketpair()\nsubprocess.run(['true'], check=True)\nt = threading.Thread(target=print)\nt.start()\nt.join()\n",
                     fence),
              "");
    for (const char* call : {
             "import socket; socket.socket(socket.AF_UNIX)",
             "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
             "import socket; socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)",
             "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
             "import socket; socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)",
             "import os; os.setsid()",
             "import os; os.setpgid(0, 0)",
             "import os; os.kill(os.getppid(), 0)",
             "import os; os.pidfd_open(os.getppid())",
             "import resource, os; resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE)",
         }) {
        EXPECT_NE(python(call, fence).find("Error"), std::string::npos) << call;
    }
    EXPECT_FALSE(succeeds("unshare --user true", fence));
    EXPECT_FALSE(succeeds("setsid true", fence));
}

// As on Linux before 6.12. Each thread's number stands for its process, and the filter knows none of them.
TEST_F(FenceTest, WithoutLandlockSignalsReachTheOwnGroupOnly) {
    if (!has("seccomp")) GTEST_SKIP() << "no seccomp here";
    Fence fence = fence_for("/usr/bin/python3");
    fence.files.bounds_signals = false;
    std::promise<pid_t> number;
    std::promise<void> done;
    std::thread other([&] {
        number.set_value(::gettid());
        done.get_future().wait();
    });
    const std::string thread = std::to_string(number.get_future().get());
    const std::string process = std::to_string(::getpid());
    std::vector<std::string> refused{"os.kill(" + process, "os.kill(" + thread, "os.kill(-1", "os.pidfd_open(" + thread};
    // 0 where the group is another PID namespace's.
    if (::getpgrp() > 0) refused.push_back("os.kill(-" + std::to_string(::getpgrp()));
    for (const std::string& call : refused) {
        EXPECT_NE(python("import os; " + call + ", 0)", fence).find("PermissionError"), std::string::npos) << call;
    }
    for (const std::string& call :
         std::vector<std::string>{std::to_string(SYS_tkill) + ", " + process, std::to_string(SYS_tkill) + ", " + thread,
                                  std::to_string(SYS_tgkill) + ", " + process + ", " + thread}) {
        EXPECT_NE(python("import ctypes; assert ctypes.CDLL(None).syscall(" + call + ", 0) == 0", fence).find("AssertionError"),
                  std::string::npos)
            << call;
    }
    EXPECT_EQ(python("import os; os.kill(0, 0)", fence), "");
    done.set_value();
    other.join();
}

TEST_F(FenceTest, MemoryFilesAndTimeAreBounded) {
    Fence fence = fence_for("/usr/bin/python3");
    EXPECT_EQ(python("bytearray(200 << 20)", fence), "");
    EXPECT_NE(python("bytearray(1500 << 20)", fence).find("MemoryError"), std::string::npos);
    EXPECT_NE(python("open('" + path("scratch/big") + "', 'wb').write(b'x' * (65 << 20))", fence).find("File too large"),
              std::string::npos);
    fence.limits->cpu_seconds = 1;
    EXPECT_GE(run({"/usr/bin/python3", "-c", "while True: pass"}, fence).exit_code, 128);
}

TEST_F(FenceTest, OpenFilesAreBounded) {
    const Fence fence = fence_for("/usr/bin/python3");
    EXPECT_EQ(python("all = [open('/dev/null') for _ in range(1000)]", fence), "");
    EXPECT_NE(python("all = [open('/dev/null') for _ in range(1025)]", fence).find("Too many open files"), std::string::npos);
}

TEST_F(FenceTest, ProcessesAreBoundedUnlessRootStartsThem) {
    if (::geteuid() == 0) GTEST_SKIP() << "root may start any number";
    Fence fence = fence_for("/usr/bin/python3");
    fence.network = PrivateNetwork::make();
    if (!fence.network) GTEST_SKIP() << "nobody makes networks here";
    const auto forking = [&](int count) {
        return python("import os, time\nfor _ in range(" + std::to_string(count) + "):\n    if os.fork() == 0: time.sleep(60)\n", fence);
    };
    EXPECT_EQ(forking(100), "");
    EXPECT_NE(forking(600).find("BlockingIOError"), std::string::npos);
}

TEST_F(FenceTest, AChildOfRootHasNoneOfRootsRights) {
    const std::string status = run({"/bin/cat", "/proc/self/status"}, Fence{.files = {.readable = {"/"}, .writable = {}}}).standard_output;
    EXPECT_NE(status.find("NoNewPrivs:\t1"), std::string::npos) << status;
    EXPECT_NE(status.find("CapEff:\t0000000000000000"), std::string::npos) << status;
    if (::geteuid() != 0) return;
    EXPECT_NE(status.find("CapBnd:\t0000000000000000"), std::string::npos) << status;
}

TEST_F(FenceTest, APrivateNetworkHoldsOneListenerAndNothingElse) {
    std::shared_ptr<PrivateNetwork> network = PrivateNetwork::make();
    if (!network) GTEST_SKIP() << "nobody makes networks here";
    const Descriptor inside = network->take_listener();
    Descriptor outside = loopback_listener();
    // Either network gives out ports of its own, perhaps the same.
    const Descriptor same = port_of(outside) == port_of(inside) ? std::exchange(outside, loopback_listener()) : Descriptor();
    Fence fence = fence_for("/usr/bin/python3");
    fence.network = network;
    std::thread server([&inside] { ::close(::accept(inside.get(), nullptr, nullptr)); });
    EXPECT_EQ(python(connecting_to(port_of(inside)), fence), "");
    server.join();
    EXPECT_NE(python(connecting_to(port_of(outside)), fence), "");
    EXPECT_EQ(run({"/usr/bin/id", "-u"}, fence).standard_output, std::to_string(::getuid()) + "\n");
    EXPECT_EQ(::prctl(PR_GET_DUMPABLE), 1);  // this process is as it was
}

TEST_F(FenceTest, PortsAreBoundedWithoutANetworkOfItsOwn) {
    if (!has("landlock_ports")) GTEST_SKIP() << "no Landlock for ports here";
    const Descriptor listener = loopback_listener();
    const std::string connect = connecting_to(port_of(listener));
    Fence fence = fence_for("/usr/bin/python3");
    fence.files.bounds_ports = true;
    fence.files.ports = {port_of(listener)};
    EXPECT_EQ(python(connect, fence), "");
    fence.files.ports = {1};
    EXPECT_NE(python(connect, fence).find("PermissionError"), std::string::npos);
    EXPECT_NE(python("import socket; s = socket.socket(); s.bind(('127.0.0.1', 0))", fence).find("PermissionError"), std::string::npos);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_F(FenceTest, AThreadIsFencedApartFromTheOthers) {
    if (!has("landlock") || !has("seccomp")) GTEST_SKIP() << "no Landlock or no seccomp here";
    const PreparedFence fence(
        Fence{.files = {.readable = system_paths()}, .calls = {.starts_programs = false, .datagrams = true, .unix_sockets = true}});
    const auto opens = [](const std::string& file, int flags) {
        const Descriptor opened(::open(file.c_str(), flags | O_CLOEXEC, 0600));
        return opened.get() >= 0;
    };
    std::thread([&] {
        ASSERT_TRUE(fence.enter_thread());
        EXPECT_TRUE(opens("/etc/hosts", O_RDONLY));
        EXPECT_FALSE(opens(path("secret/key"), O_RDONLY));
        EXPECT_FALSE(opens(path("scratch/new"), O_WRONLY | O_CREAT));
        EXPECT_NE(::system("true"), 0);  // NOLINT(concurrency-mt-unsafe,cert-env33-c)
        EXPECT_EQ(::fork(), -1);
        EXPECT_GE(Descriptor(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)).get(), 0);
        std::thread([&] { EXPECT_FALSE(opens(path("secret/key"), O_RDONLY)); }).join();  // one that it starts, too
    }).join();
    EXPECT_TRUE(opens(path("secret/key"), O_RDONLY));
    EXPECT_EQ(run({"/bin/echo", "x"}, std::nullopt).standard_output, "x\n");
}
#endif

}  // namespace
}  // namespace musicspace::transcoder
