#include "transcoder/fence/fence.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace musicspace::transcoder {

namespace {

bool limit(__rlimit_resource resource, std::uint64_t most) {
    rlimit now{};
    if (::getrlimit(resource, &now) != 0) return false;
    const rlim_t value = std::min<rlim_t>(most, now.rlim_max);
    const rlimit wanted{value, value};
    return ::setrlimit(resource, &wanted) == 0;
}

bool limit_all(const ProcessLimits& limits, bool counts_processes) {
    return limit(RLIMIT_CORE, 0) && limit(RLIMIT_DATA, limits.data_bytes) && limit(RLIMIT_CPU, limits.cpu_seconds) &&
           limit(RLIMIT_FSIZE, limits.file_bytes) && limit(RLIMIT_NOFILE, limits.open_files) &&
           (!counts_processes || limit(RLIMIT_NPROC, limits.processes));
}

// Asks the kernel to end this process rather than the server when memory runs short. Without that the fence holds as well.
void offer_to_be_ended() {
    const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    [[maybe_unused]] const auto written = ::write(file, "500", 3);
    ::close(file);
}

// Drops the capabilities that a program run by root would get. For other users these calls fail, and there is nothing to drop.
void drop_capabilities() {
    for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
        ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

bool gain_nothing_any_more() { return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0; }

bool bounds_signals(const Landlock& landlock, const LandlockRules& rules) {
    return landlock.available() && rules.bounds_signals && landlock_version() >= kLandlockSignals;
}

SystemCallRules with_signals(SystemCallRules rules, bool bounded) {
    rules.signals_are_bounded = bounded;
    return rules;
}

}  // namespace

PreparedFence::PreparedFence(Fence fence)
    : fence_(std::move(fence)), landlock_(fence_.files), filter_(with_signals(fence_.calls, bounds_signals(landlock_, fence_.files))) {}

bool PreparedFence::enter_process() const {
    if (fence_.limits) {
        offer_to_be_ended();
        // Without a user namespace of their own, processes cannot be limited: the kernel would count the server's threads with them.
        if (!limit_all(*fence_.limits, fence_.network != nullptr)) return false;
    }
    if (fence_.network && !fence_.network->enter()) return false;
    drop_capabilities();
    return enter_thread();
}

bool PreparedFence::enter_thread() const { return gain_nothing_any_more() && landlock_.enter() && filter_.enter(); }

std::vector<std::string> PreparedFence::parts() const {
    std::vector<std::string> parts{"no_new_privs"};
    if (fence_.limits) parts.emplace_back("limits");
    if (landlock_.available()) parts.emplace_back("landlock");
    if (landlock_.available() && fence_.files.bounds_ports && landlock_version() >= kLandlockPorts) parts.emplace_back("landlock_ports");
    if (bounds_signals(landlock_, fence_.files)) parts.emplace_back("landlock_signals");
    if (filter_.available()) parts.emplace_back("seccomp");
    if (fence_.network) parts.emplace_back("network");
    return parts;
}

std::vector<std::string> system_paths() {
    return {"/usr",
            "/bin",
            "/sbin",
            "/lib",
            "/lib32",
            "/lib64",
            "/nix/store",
            "/gnu/store",
            "/etc/ssl",
            "/etc/pki",
            "/etc/ca-certificates",
            "/etc/ca-certificates.conf",
            "/etc/ld.so.cache",
            "/etc/ld.so.conf",
            "/etc/ld.so.conf.d",
            "/etc/alternatives",
            "/etc/localtime",
            "/etc/timezone",
            "/etc/locale.alias",
            "/etc/resolv.conf",
            "/run/systemd/resolve",  // /etc/resolv.conf is often a link to here
            "/etc/hosts",
            "/etc/host.conf",
            "/etc/gai.conf",
            "/etc/nsswitch.conf",
            "/etc/services",
            "/etc/protocols",
            "/etc/passwd",
            "/etc/group",
            "/etc/mime.types",
            "/etc/os-release",
            "/proc/meminfo",
            "/proc/cpuinfo",
            "/proc/stat",
            "/proc/filesystems",
            "/proc/sys/vm/overcommit_memory",
            "/proc/sys/kernel/osrelease",
            "/sys/devices/system/cpu",
            "/sys/fs/cgroup"};
}

}  // namespace musicspace::transcoder
