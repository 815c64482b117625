#pragma once
// Passwords of rooms and accounts, kept as argon2id hashes (libsodium, its "interactive" cost). Hashing takes a tenth of a second and 64
// MB: it is done on threads of its own, two at a time, and those who wait are served in turn, address by address. Owned by main; used on
// the I/O thread, where the answers come too.

#include <functional>
#include <optional>
#include <string>

#include "relay/fair_slots.h"
#include "transcoder/worker_threads.h"

namespace musicspace::relay {

inline constexpr std::size_t kShortestPassword = 8;   ///< in bytes, for accounts
inline constexpr std::size_t kLongestPassword = 128;  ///< in bytes, for accounts and rooms

class Passwords {
public:
    using Post = std::function<void(std::function<void()>)>;

    /// Throws std::runtime_error when the system's random source does not work.
    explicit Passwords(Post post);

    /// Hashes a password for a client at `address`. `done` gets nothing when too many wait, or when memory is short.
    void hash(const std::string& address, std::string password, const std::function<void(std::optional<std::string>)>& done);

    enum class Checked { right, wrong, busy };
    /// Checks a password for a client at `address`. An empty `hash` (there is no such account) fits no password, and takes as long to check
    /// as any other.
    void check(const std::string& address, std::string hash, std::string password, const std::function<void(Checked)>& done);

private:
    /// Runs `work` on a worker thread, and what it returns on the I/O thread. Calls `busy` there instead when it cannot be done.
    void start(const std::string& address, std::function<std::function<void()>()> work, std::function<void()> busy);

    const Post post_;
    const std::shared_ptr<FairSlots> turns_;
    const std::string nobodys_;  ///< a hash that no password is known for
    transcoder::WorkerThreads threads_;
};

}  // namespace musicspace::relay
