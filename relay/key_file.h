#pragma once
// A key that people type or programs send: one line of text in a file that its owner alone reads.

#include <string>

namespace musicspace::relay {

/// The file's line, without spaces around it; where there is no file, one is made with a random key (mode 0600), complete or not at all.
/// Throws std::runtime_error with a message for the operator.
[[nodiscard]] std::string read_or_make_key(const std::string& path);

/// The file's line. Throws std::runtime_error.
[[nodiscard]] std::string read_key(const std::string& path);

/// Takes as long whatever differs. Nothing equals an empty key.
[[nodiscard]] bool equals_key(const std::string& key, const std::string& given);

/// Text that cannot be guessed, without letters that look alike; `length` characters.
[[nodiscard]] std::string random_key(std::size_t length);

}  // namespace musicspace::relay
