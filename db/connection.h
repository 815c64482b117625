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

/// `url` (a URL, or key=value pairs) with limits for connecting and for a line that has died. Those that `url` names itself stay.
[[nodiscard]] std::string with_connection_limits(std::string_view url);

/// Of each statement, kept by Postgres. A URL that sets statement_timeout or lock_timeout itself (options=-c ...) is followed.
struct SessionLimits {
    std::chrono::milliseconds statement;
    std::chrono::milliseconds lock;
};

enum class Fault {
    away,     ///< the connection is lost, or cannot be made
    doubt,    ///< it was lost while the work was committed: which may be done, or not
    passing,  ///< too slow, locked, out of disk or memory: the same may work later
    taken,    ///< somebody else has this name or code
    missing,  ///< what the row belongs to is not there
    never,    ///< the same never works
};
/// `open`: whether the connection is.
[[nodiscard]] Fault fault_of(const std::exception& error, bool open);

class Connection {
public:
    Connection(std::string_view url, SessionLimits limits);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Connects where it is not connected. Blocks for some seconds at most, but longer when names are not resolved. Throws.
    pqxx::connection& open();
    [[nodiscard]] bool is_open() const { return connection_ && connection_->is_open(); }
    void close();

    /// Any thread: what waits for Postgres fails at once, as after a lost connection.
    void interrupt();
    /// Any thread: the same, for good.
    void end();

private:
    void watch_socket();
    void stop_if_ended();

    const std::string url_;
    const std::string settings_;                    ///< SQL; empty: none
    std::unique_ptr<pqxx::connection> connection_;  // its own thread only

    std::mutex mutex_;
    int socket_ = -1;  ///< a second descriptor of the connection's: libpq may close its own at any moment
    bool ended_ = false;
};

}  // namespace musicspace::db
