#pragma once
// Running SQL with libpqxx 6.4 (Debian 12) to 7.10 (Debian 13): 7.10 deprecates the calls that 6.4 has. Used by db's own files only.

#include <cstdint>
#include <optional>
#include <pqxx/pqxx>
#include <stdexcept>
#include <string>

namespace musicspace::db {

/// Runs `sql` with $1, $2... as `parameters`; an empty std::optional is NULL. Without parameters, `sql` may be several statements.
template <typename... Parameters>
pqxx::result run(pqxx::transaction_base& transaction, const std::string& sql, const Parameters&... parameters) {
    if constexpr (sizeof...(Parameters) == 0) {
        return transaction.exec(sql);
    } else {
#if PQXX_VERSION_MAJOR > 7 || (PQXX_VERSION_MAJOR == 7 && PQXX_VERSION_MINOR >= 10)
        return transaction.exec(sql, pqxx::params{parameters...});
#else
        return transaction.exec_params(sql, parameters...);
#endif
    }
}

/// Runs a statement that gives exactly one row, and returns that row; throws std::runtime_error when there are more or fewer.
template <typename... Parameters>
pqxx::row one_row(pqxx::transaction_base& transaction, const std::string& sql, const Parameters&... parameters) {
    const pqxx::result rows = run(transaction, sql, parameters...);
    if (rows.size() != 1) throw std::runtime_error("A statement gave " + std::to_string(rows.size()) + " rows in place of one: " + sql);
    return rows.front();
}

/// The kinds of rows that hold() locks.
enum class Row : std::uint8_t { room = 1, account = 2 };
/// Waits for the lock of a row (an advisory one, so the row need not exist), and holds it until the transaction's end. It is taken by the
/// transaction that makes a row, and by one that removes a row that was made too late: while Postgres still carries out the commit of the
/// first, a DELETE without the lock would find nothing.
inline void hold(pqxx::transaction_base& transaction, Row kind, std::int64_t id) {
    run(transaction, "SELECT pg_advisory_xact_lock($1::bigint)", (static_cast<std::int64_t>(kind) << 56U) + id);
}

/// Makes sure that a lost connection stays lost: libpqxx 6 would otherwise connect again by itself, without the session's settings.
inline void stays_closed([[maybe_unused]] pqxx::connection& connection) {
#if PQXX_VERSION_MAJOR < 7
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
#endif
}

/// The number in `field`, or nothing when it is NULL. (field.get() of libpqxx 6.4 does not compile.)
[[nodiscard]] inline std::optional<std::int64_t> number_or_nothing(const pqxx::field& field) {
    return field.is_null() ? std::nullopt : std::optional(field.as<std::int64_t>());
}

}  // namespace musicspace::db
