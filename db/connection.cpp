#include "db/connection.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace musicspace::db {

namespace {

using namespace std::string_view_literals;

// With these, a dead connection is noticed within about ten seconds. connect_timeout is the least that libpq takes, in seconds for each
// address of the host.
constexpr std::pair<std::string_view, std::string_view> kLimits[] = {
    {"connect_timeout", "2"},
    {"keepalives", "1"},
    {"keepalives_idle", "5"},
    {"keepalives_interval", "2"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "5000"},
    {"fallback_application_name", "musicspace"},
};

std::string settings_of(std::string_view url, SessionLimits limits) {
    std::string sql;
    const auto set = [&](std::string_view name, std::chrono::milliseconds value) {
        if (url.find(name) == std::string_view::npos)
            sql.append("SET ").append(name).append(" = ").append(std::to_string(value.count())).append("; ");
    };
    set("statement_timeout", limits.statement);
    set("lock_timeout", limits.lock);
    // Postgres ends a transaction that this side has begun and cannot end, so that its locks do not stay.
    set("idle_in_transaction_session_timeout", std::chrono::seconds(15));
    return sql;
}

Fault fault_of_state(const std::string& state, bool open) {
    if (state.empty()) return open ? Fault::never : Fault::away;
    if (state.starts_with("08") || state.starts_with("57P")) return Fault::away;
    if (state == "23505") return Fault::taken;
    if (state == "23503") return Fault::missing;
    // Classes of SQLSTATE. 25: a transaction that was ended, a server that only reads; 40: conflicts; 53: disk or memory full; 55: locks;
    // 57: cancelled; 58, F0, XX: errors of the system.
    for (const std::string_view passing : {"25"sv, "40"sv, "53"sv, "55"sv, "57"sv, "58"sv, "F0"sv, "XX"sv}) {
        if (state.starts_with(passing)) return open ? Fault::passing : Fault::away;
    }
    return Fault::never;
}

}  // namespace

// When a setting is named twice, libpq takes the last one: so these limits stand in front of the user's own.
std::string with_connection_limits(std::string_view url) {
    const bool uri = url.starts_with("postgres://") || url.starts_with("postgresql://");
    std::string limits;
    for (const auto& [key, value] : kLimits) limits.append(key).append("=").append(value).append(uri ? "&" : " ");
    if (!uri) return limits.append(url);
    const auto question = url.find('?');
    if (question == std::string_view::npos) {
        limits.pop_back();
        return std::string(url).append("?").append(limits);
    }
    return std::string(url.substr(0, question + 1)).append(limits).append(url.substr(question + 1));
}

Fault fault_of(const std::exception& error, bool open) {
    if (dynamic_cast<const pqxx::in_doubt_error*>(&error) != nullptr) return Fault::doubt;
    if (dynamic_cast<const pqxx::broken_connection*>(&error) != nullptr) return Fault::away;
    if (const auto* sql = dynamic_cast<const pqxx::sql_error*>(&error)) return fault_of_state(sql->sqlstate(), open);
    // This is a conflict between transactions, which has no SQLSTATE in libpqxx 6.
    if (dynamic_cast<const pqxx::transaction_rollback*>(&error) != nullptr) return Fault::passing;
    return open ? Fault::never : Fault::away;
}

Connection::Connection(std::string_view url, SessionLimits limits)
    : url_(with_connection_limits(url)), settings_(settings_of(url, limits)) {}

Connection::~Connection() { close(); }

pqxx::connection& Connection::open() {
    if (is_open()) return *connection_;
    close();
    stop_if_ended();
    connection_ = std::make_unique<pqxx::connection>(url_);
    stays_closed(*connection_);
    watch_socket();
    stop_if_ended();
    if (!settings_.empty()) {
        pqxx::nontransaction session(*connection_);
        run(session, settings_);
    }
    return *connection_;
}

void Connection::watch_socket() {
    const std::lock_guard lock(mutex_);
    socket_ = ::fcntl(connection_->sock(), F_DUPFD_CLOEXEC, 0);
}

void Connection::stop_if_ended() {
    const std::lock_guard lock(mutex_);
    if (ended_) throw pqxx::broken_connection("The server is ending.");
}

void Connection::close() {
    {
        const std::lock_guard lock(mutex_);
        if (socket_ >= 0) ::close(socket_);
        socket_ = -1;
    }
    connection_.reset();
}

void Connection::interrupt() {
    const std::lock_guard lock(mutex_);
    if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

void Connection::end() {
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    interrupt();
}

}  // namespace musicspace::db
