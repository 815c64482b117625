#include "db/migrations.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "db/connection.h"

namespace musicspace::db {

namespace {

constexpr const char* kLock = "SELECT pg_advisory_lock(7238114902)";  // any fixed number

struct Migration {
    int number;
    std::filesystem::path path;
};

std::vector<Migration> migrations_in(const std::string& directory) {
    std::vector<Migration> found;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        const std::string name = entry.path().filename().string();
        if (!name.ends_with(".sql")) continue;
        if (name.size() < 6 || !std::all_of(name.begin(), name.begin() + 4, [](unsigned char c) { return std::isdigit(c) != 0; })) {
            throw std::runtime_error("Migration " + name + " is not named NNNN_name.sql.");
        }
        found.push_back({std::stoi(name.substr(0, 4)), entry.path()});
    }
    std::ranges::sort(found, {}, &Migration::number);
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (found[i].number != static_cast<int>(i) + 1)
            throw std::runtime_error("Migrations in " + directory + " are not numbered 1, 2, 3...");
    }
    if (found.empty()) throw std::runtime_error("No migrations found in " + directory + ".");
    return found;
}

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) throw std::runtime_error("Migration " + path.string() + " cannot be read.");
    return text.str();
}

int current_version(pqxx::connection& connection) {
    pqxx::work transaction(connection);
    run(transaction,
        "CREATE TABLE IF NOT EXISTS schema_migrations (version integer PRIMARY KEY, name text NOT NULL,"
        " applied_at timestamptz NOT NULL DEFAULT now())");
    const auto version = one_row(transaction, "SELECT coalesce(max(version), 0) FROM schema_migrations")[0].as<int>();
    transaction.commit();
    return version;
}

}  // namespace

void migrate(const std::string& url, const std::string& directory) {
    const std::vector<Migration> migrations = migrations_in(directory);
    try {
        pqxx::connection connection(with_connection_limits(url));
        {
            pqxx::nontransaction lock(connection);
            run(lock, kLock);
        }
        const int current = current_version(connection);
        const int newest = migrations.back().number;
        if (current > newest) {
            throw std::runtime_error("The database has schema version " + std::to_string(current) + ", this server knows only up to " +
                                     std::to_string(newest) + ". Start a newer server, or use another database.");
        }
        for (const Migration& migration : migrations) {
            if (migration.number <= current) continue;
            pqxx::work transaction(connection);
            try {
                run(transaction, text_of(migration.path));
                run(transaction, "INSERT INTO schema_migrations (version, name) VALUES ($1, $2)", migration.number,
                    migration.path.stem().string());
                transaction.commit();
            } catch (const pqxx::sql_error& error) {
                throw std::runtime_error("Migration " + migration.path.filename().string() + " failed and was undone: " + error.what());
            }
        }
    } catch (const pqxx::broken_connection& error) {
        throw std::runtime_error(std::string("Postgres cannot be reached (") + error.what() + "). Is it running, and is --database right?");
    }
}

}  // namespace musicspace::db
