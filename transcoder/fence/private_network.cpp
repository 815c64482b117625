#include "transcoder/fence/private_network.h"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string_view>

#include "transcoder/fence/borrowed_process.h"

namespace musicspace::transcoder {

namespace {

struct Made {
    uid_t user;
    gid_t group;
    int users = -1;
    int network = -1;
    int listener = -1;
};

bool write_file(const char* path, std::string_view text) {
    const int file = ::open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return false;
    const bool whole = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::close(file);
    return whole;
}

// Inside the namespace, user and group have the same numbers as outside.
bool name_identities(const Made& made) {
    char line[64];
    std::snprintf(line, sizeof line, "%u %u 1", made.user, made.user);
    if (!write_file("/proc/self/uid_map", line)) return false;
    std::snprintf(line, sizeof line, "%u %u 1", made.group, made.group);
    return write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/gid_map", line);
}

bool open_loopback(int socket) {
    ifreq interface{};
    std::strncpy(interface.ifr_name, "lo", sizeof interface.ifr_name - 1);
    interface.ifr_flags = IFF_UP | IFF_RUNNING;
    return ::ioctl(socket, SIOCSIFFLAGS, &interface) == 0;
}

bool listen_inside(int socket) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && ::listen(socket, SOMAXCONN) == 0;
}

// Makes the network; runs in a process of its own that shares the server's descriptors.
int make_inside(void* argument) {
    Made& made = *static_cast<Made*>(argument);
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0 || !name_identities(made)) return 1;
    made.listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made.listener < 0 || !open_loopback(made.listener) || !listen_inside(made.listener)) return 1;
    made.users = ::open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
    made.network = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    return made.users < 0 || made.network < 0 ? 1 : 0;
}

}  // namespace

std::unique_ptr<PrivateNetwork> PrivateNetwork::make() {
    Made made{::geteuid(), ::getegid()};
    const int failed = in_borrowed_process(make_inside, &made, CLONE_FILES);
    std::unique_ptr<PrivateNetwork> network(new PrivateNetwork);
    network->users_ = Descriptor(made.users);
    network->network_ = Descriptor(made.network);
    network->listener_ = Descriptor(made.listener);
    if (failed != 0) return nullptr;
    // Some systems let one make a network and not enter it, which shows only when it is tried.
    const auto try_it = [](void* argument) { return static_cast<const PrivateNetwork*>(argument)->enter() ? 0 : 1; };
    return in_borrowed_process(try_it, network.get(), 0) == 0 ? std::move(network) : nullptr;
}

bool PrivateNetwork::enter() const { return ::setns(users_.get(), CLONE_NEWUSER) == 0 && ::setns(network_.get(), CLONE_NEWNET) == 0; }

}  // namespace musicspace::transcoder
