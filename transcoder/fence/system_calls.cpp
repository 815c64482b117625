#include "transcoder/fence/system_calls.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace musicspace::transcoder {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif

constexpr std::uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t kPretendAbsent = SECCOMP_RET_ERRNO | ENOSYS;
constexpr std::uint32_t kNewNamespaces =
    CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

// System calls that are always refused: those that read other processes' memory, that few programs use and exploits do, that mount, make
// namespaces, use the kernel's keys or set the clock; those that leave the process group, which is
// killed as a whole with a child; and tkill, the old form of tgkill, which names a thread of any process.
constexpr std::array kNever{
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_process_madvise,
    SYS_pidfd_getfd,
    SYS_kcmp,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_bpf,
    SYS_userfaultfd,
    SYS_perf_event_open,
    SYS_fanotify_init,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_mount_setattr,
    SYS_setns,
    SYS_unshare,
    SYS_name_to_handle_at,
    SYS_open_by_handle_at,
    SYS_quotactl,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_syslog,
    SYS_vhangup,
    SYS_personality,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_adjtimex,
    SYS_clock_adjtime,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_setsid,
    SYS_setpgid,
    SYS_tkill,
    SYS_move_pages,
    SYS_migrate_pages,
    SYS_mknodat,
#if defined(__x86_64__)
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
    SYS_mknod,
    SYS_uselib,
    SYS_ustat,
    SYS_sysfs,
#endif
};

constexpr std::array kStartsPrograms{
    SYS_execve,
    SYS_execveat,
#if defined(__x86_64__)
    SYS_fork,
    SYS_vfork,
#endif
};

// Their first argument is a process, or a thread that stands for its process.
constexpr std::array kSignalsByAnyId{SYS_kill, SYS_rt_sigqueueinfo, SYS_pidfd_open};
// Their first argument has to be the process itself.
constexpr std::array kSignalsByProcess{SYS_tgkill, SYS_rt_tgsigqueueinfo};

// Writes a filter's statements. A block that loads an argument has to end with a decision, because the call's number is lost by then.
class Writer {
public:
    std::vector<sock_filter> program;

    void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
    void load_number() { load(offsetof(seccomp_data, nr)); }
    void load_argument(std::size_t index) { load(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t)); }  // the lower half
    void decide(std::uint32_t action) { add(BPF_RET | BPF_K, action); }
    void keep_bits(std::uint32_t mask) { add(BPF_ALU | BPF_AND | BPF_K, mask); }
    /// Skips the next `count` statements unless the loaded value compares so with `with`.
    void unless(std::uint16_t comparison, std::uint32_t with, std::uint8_t count) {
        program.push_back({static_cast<std::uint16_t>(BPF_JMP | comparison | BPF_K), 0, count, with});
    }
    void if_equal_decide(std::uint32_t value, std::uint32_t action) {
        unless(BPF_JEQ, value, 1);
        decide(action);
    }
    /// Adds the statements of `block`, which apply to this system call only.
    void for_call(long number, const Writer& block) {
        unless(BPF_JEQ, static_cast<std::uint32_t>(number), static_cast<std::uint8_t>(block.program.size()));
        program.insert(program.end(), block.program.begin(), block.program.end());
    }

private:
    void add(int code, std::uint32_t value) { program.push_back({static_cast<std::uint16_t>(code), 0, 0, value}); }
};

Writer sockets(const SystemCallRules& rules) {
    Writer block;
    block.load_argument(0);
    if (rules.unix_sockets) block.if_equal_decide(AF_UNIX, SECCOMP_RET_ALLOW);
    if (rules.datagrams) {
        for (const int family : {AF_INET, AF_INET6, AF_NETLINK})
            block.if_equal_decide(static_cast<std::uint32_t>(family), SECCOMP_RET_ALLOW);
        block.decide(kRefuse);
        return block;
    }
    // Only stream sockets of IPv4 and IPv6 are allowed.
    block.program.push_back({BPF_JMP | BPF_JEQ | BPF_K, 2, 0, AF_INET});
    block.program.push_back({BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AF_INET6});
    block.decide(kRefuse);
    block.load_argument(1);
    block.keep_bits(0xf);
    block.if_equal_decide(SOCK_STREAM, SECCOMP_RET_ALLOW);
    block.decide(kRefuse);
    return block;
}

Writer new_threads(const SystemCallRules& rules) {
    Writer block;
    block.load_argument(0);
    block.unless(BPF_JSET, kNewNamespaces, 1);
    block.decide(kRefuse);
    if (!rules.starts_programs) {
        block.unless(BPF_JSET, CLONE_THREAD, 1);
        block.decide(SECCOMP_RET_ALLOW);
        block.decide(kRefuse);
    }
    block.decide(SECCOMP_RET_ALLOW);
    return block;
}

// Refuses signals to the server, to its process group, and to all processes at once.
Writer signals() {
    Writer block;
    block.load_argument(0);
    for (const pid_t target : {::getpid(), -::getpgrp(), -1}) block.if_equal_decide(static_cast<std::uint32_t>(target), kRefuse);
    block.decide(SECCOMP_RET_ALLOW);
    return block;
}

// Allows a call on the caller itself alone, which 0 stands for: its own limits, or its own process group for signals.
Writer own_only() {
    Writer block;
    block.load_argument(0);
    block.if_equal_decide(0, SECCOMP_RET_ALLOW);
    block.decide(kRefuse);
    return block;
}

Writer terminal_input() {
    Writer block;
    block.load_argument(1);
    block.if_equal_decide(TIOCSTI, kRefuse);
    block.if_equal_decide(TIOCLINUX, kRefuse);
    block.decide(SECCOMP_RET_ALLOW);
    return block;
}

}  // namespace

bool has_system_call_filters() {
    const std::uint32_t action = SECCOMP_RET_ERRNO;
    return kArchitecture != 0 && ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

SystemCallFilter::SystemCallFilter(const SystemCallRules& rules) {
    if (!has_system_call_filters()) return;
    Writer writer;
    writer.load(offsetof(seccomp_data, arch));
    writer.unless(BPF_JEQ, kArchitecture, 1);
    writer.program.push_back({BPF_JMP | BPF_JA, 0, 0, 1});
    writer.decide(kRefuse);
    writer.load_number();
#if defined(__x86_64__)
    constexpr std::uint32_t kX32 = 0x40000000;  // the x32 ABI has other numbers for the same calls
    writer.unless(BPF_JGE, kX32, 1);
    writer.decide(kRefuse);
#endif
    for (const long number : kNever) writer.if_equal_decide(static_cast<std::uint32_t>(number), kRefuse);
    writer.if_equal_decide(SYS_clone3, kPretendAbsent);  // its flags cannot be looked at; the C library then uses clone
    writer.for_call(SYS_clone, new_threads(rules));
    writer.for_call(SYS_socket, sockets(rules));
    writer.for_call(SYS_ioctl, terminal_input());
    writer.for_call(SYS_prlimit64, own_only());
    if (rules.starts_programs) {
        for (const long number : kSignalsByAnyId) writer.for_call(number, rules.signals_are_bounded ? signals() : own_only());
        for (const long number : kSignalsByProcess) writer.for_call(number, signals());
    } else {
        for (const long number : kStartsPrograms) writer.if_equal_decide(static_cast<std::uint32_t>(number), kRefuse);
        writer.if_equal_decide(SYS_kill, kRefuse);
    }
    writer.decide(SECCOMP_RET_ALLOW);
    program_ = std::move(writer.program);
}

bool SystemCallFilter::enter() const {
    if (program_.empty()) return true;
    const sock_fprog program{static_cast<unsigned short>(program_.size()), const_cast<sock_filter*>(program_.data())};
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

}  // namespace musicspace::transcoder
