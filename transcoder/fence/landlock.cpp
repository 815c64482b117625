#include "transcoder/fence/landlock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace musicspace::transcoder {

namespace {

// These are the kernel's own numbers, from linux/landlock.h; Debian 12's copy of that file ends with version 2.
enum Files : std::uint64_t {
    kExecute = 1U << 0U,
    kWriteFile = 1U << 1U,
    kReadFile = 1U << 2U,
    kReadFolder = 1U << 3U,
    kChangesOfFolders = 0x1ff0,  // removing, and creating files of each kind
    kRefer = 1U << 13U,
    kTruncate = 1U << 14U,
    kDeviceControl = 1U << 15U,
};
constexpr std::uint64_t kConnectTcp = 1U << 1U;
constexpr std::uint64_t kBindTcp = 1U << 0U;
constexpr std::uint64_t kAbstractSocketsAndSignals = 3;

struct RulesetAttributes {
    std::uint64_t files;
    std::uint64_t ports;
    std::uint64_t scope;
};
struct [[gnu::packed]] FolderRule {
    std::uint64_t allowed;
    std::int32_t parent;
};
struct PortRule {
    std::uint64_t allowed;
    std::uint64_t port;
};
constexpr unsigned kVersionQuery = 1;
constexpr int kFolderRule = 1;
constexpr int kPortRule = 2;

std::uint64_t known_files(int version) {
    std::uint64_t known = kExecute | kWriteFile | kReadFile | kReadFolder | kChangesOfFolders;
    if (version >= 2) known |= kRefer;
    if (version >= 3) known |= kTruncate;
    if (version >= 5) known |= kDeviceControl;
    return known;
}

// Allows `access` to a file, or to a folder and all that is in it. A path that does not exist, or that this user cannot open, is ignored.
void allow(const Descriptor& ruleset, const std::string& path, std::uint64_t access) {
    const Descriptor file(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat status{};
    if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return;
    if (!S_ISDIR(status.st_mode)) access &= kExecute | kWriteFile | kReadFile | kTruncate | kDeviceControl;
    if (access == 0) return;
    const FolderRule rule{access, file.get()};
    ::syscall(SYS_landlock_add_rule, ruleset.get(), kFolderRule, &rule, 0);  // when this fails, the path stays out of reach
}

}  // namespace

int landlock_version() {
    const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersionQuery);
    return version > 0 ? static_cast<int>(version) : 0;
}

Landlock::Landlock(const LandlockRules& rules) {
    const int version = landlock_version();
    if (version == 0) return;
    const std::uint64_t known = known_files(version);
    constexpr std::uint64_t kReading = kExecute | kReadFile | kReadFolder;
    RulesetAttributes attributes{rules.reads_everything ? known & ~kReading : known, 0, 0};
    // A kernel accepts a structure that is longer than its own if the part that it does not know is zero.
    if (rules.bounds_ports && version >= kLandlockPorts) attributes.ports = kConnectTcp | kBindTcp;
    if (rules.bounds_signals && version >= kLandlockSignals) attributes.scope = kAbstractSocketsAndSignals;
    rules_ = Descriptor(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
    if (rules_.get() < 0) return;
    for (const std::string& path : rules.readable) allow(rules_, path, attributes.files & kReading);
    for (const std::string& path : rules.writable) allow(rules_, path, attributes.files & ~std::uint64_t{kExecute});
    for (const char* device : {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"})
        allow(rules_, device, attributes.files & (kReadFile | kWriteFile | kTruncate));
    if (attributes.ports == 0) return;
    for (const std::uint16_t port : rules.ports) {
        const PortRule rule{kConnectTcp, port};
        ::syscall(SYS_landlock_add_rule, rules_.get(), kPortRule, &rule, 0);
    }
}

bool Landlock::enter() const { return rules_.get() < 0 || ::syscall(SYS_landlock_restrict_self, rules_.get(), 0) == 0; }

}  // namespace musicspace::transcoder
