#pragma once
// Passwords of rooms and accounts, kept as argon2id hashes (libsodium, its "interactive" cost). Hashing takes a tenth of a second and 64
// MB: it is done on threads of its own, a few at a time. Owned by main; used on the I/O thread, where the answers come too.

#include <functional>
#include <optional>
#include <string>

#include "transcoder/worker_threads.h"

namespace musicspace::relay {

inline constexpr std::size_t kShortestPassword = 8;   ///< of an account, in bytes
inline constexpr std::size_t kLongestPassword = 128;  ///< of any

class Passwords {
public:
    using Post = std::function<void(std::function<void()>)>;

    /// Throws std::runtime_error when the system's random source does not work.
    explicit Passwords(Post post);

    /// Nothing when too many are being hashed.
    void hash(std::string password, const std::function<void(std::optional<std::string>)>& done);

    enum class Checked { right, wrong, busy };
    /// Takes as long for an empty `hash` (there is no such account), which nothing fits.
    void check(std::string hash, std::string password, const std::function<void(Checked)>& done);

private:
    const Post post_;
    const std::string nobodys_;  ///< a hash that no password is known for
    transcoder::WorkerThreads threads_;
};

}  // namespace musicspace::relay
