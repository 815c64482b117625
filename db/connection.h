#pragma once
// A connection to Postgres that is made when it is needed, with limits on everything that may take long. Used on one thread, except
// interrupt() and end(). Used by db's own files only.

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "db/sql.h"

namespace musicspace::db {

/// `url` (a URL, or key=value pairs) with limits for connecting and for noticing a dead connection. Limits that `url` names itself stay.
[[nodiscard]] std::string with_connection_limits(std::string_view url);

/// How long Postgres lets a statement run, and wait for a lock. A URL that sets statement_timeout or lock_timeout itself (options=-c ...)
/// keeps its own.
struct SessionLimits {
    std::chrono::milliseconds statement;
    std::chrono::milliseconds lock;
};

enum class Fault {
    away,     ///< the connection is lost, or cannot be made
    doubt,    ///< the connection was lost during the commit, which may have taken effect or not
    passing,  ///< too slow, locked, out of disk or memory: the same work may succeed later
    taken,    ///< somebody else has this name or code
    missing,  ///< the row that the new one belongs to does not exist
    never,    ///< the same work fails each time
};
/// Classifies what libpqxx threw. `open`: whether the connection still stands.
[[nodiscard]] Fault fault_of(const std::exception& error, bool open);

class Connection {
public:
    Connection(std::string_view url, SessionLimits limits);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Connects unless it is connected. Blocks for a few seconds at most, or longer while the host's name does not resolve. Throws what
    /// libpqxx throws.
    pqxx::connection& open();
    [[nodiscard]] bool is_open() const { return connection_ && connection_->is_open(); }
    void close();

    /// Any thread: a call that waits for Postgres fails at once, as if the connection were lost.
    void interrupt();
    /// Any thread: the same, for good.
    void end();

private:
    void watch_socket();
    void stop_if_ended();

    const std::string url_;
    const std::string settings_;                    ///< SQL that each new connection begins with; may be empty
    std::unique_ptr<pqxx::connection> connection_;  // used on the owner's thread only

    std::mutex mutex_;
    int socket_ = -1;  ///< a duplicate of the connection's descriptor: libpq may close its own at any moment
    bool ended_ = false;
};

}  // namespace musicspace::db
