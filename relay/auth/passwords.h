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

inline constexpr std::size_t kShortestPassword = 8;   ///< of an account, in bytes
inline constexpr std::size_t kLongestPassword = 128;  ///< of any

class Passwords {
public:
    using Post = std::function<void(std::function<void()>)>;

    /// Throws std::runtime_error when the system's random source does not work.
    explicit Passwords(Post post);

    /// For somebody at `address`. Nothing when too many are being hashed.
    void hash(const std::string& address, std::string password, const std::function<void(std::optional<std::string>)>& done);

    enum class Checked { right, wrong, busy };
    /// Takes as long for an empty `hash` (there is no such account), which nothing fits.
    void check(const std::string& address, std::string hash, std::string password, const std::function<void(Checked)>& done);

private:
    /// `work` runs on a thread and returns what is then done on the I/O thread.
    void start(const std::string& address, std::function<std::function<void()>()> work, std::function<void()> busy);

    const Post post_;
    const std::shared_ptr<FairSlots> turns_;
    const std::string nobodys_;  ///< a hash that no password is known for
    transcoder::WorkerThreads threads_;
};

}  // namespace musicspace::relay
