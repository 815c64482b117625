#pragma once
// Brings a database to the schema of this build.

#include <string>

namespace musicspace::db {

/// Applies the files NNNN_name.sql of `directory` that `url` does not have yet, in order, each in its own transaction, under
/// an advisory lock (two servers starting at once wait for each other). Blocks. Throws std::runtime_error with a message for
/// the operator: no connection, a broken migration, a schema newer than this build.
void migrate(const std::string& url, const std::string& directory);

}  // namespace musicspace::db
