#include "relay/key_file.h"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "relay/base/ascii.h"

namespace musicspace::relay {

namespace {

constexpr std::size_t kLength = 32;
constexpr std::size_t kShortest = 8;
constexpr std::size_t kLongest = 200;

// Written beside and renamed: a full disk leaves no half of a key.
void write_key(const std::string& path, const std::string& key) {
    const std::string beside = path + ".new";
    const std::string line = key + "\n";
    const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) throw std::runtime_error("The key " + path + " cannot be written. Is its folder writable?");
    const bool written = ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(fd) == 0;
    ::close(fd);
    if (!written || std::rename(beside.c_str(), path.c_str()) != 0) {
        ::unlink(beside.c_str());
        throw std::runtime_error("The key " + path + " cannot be written. Is the disk full?");
    }
}

}  // namespace

std::string random_key(std::size_t length) {
    constexpr std::string_view kLetters = "23456789abcdefghjkmnpqrstuvwxyz";
    if (sodium_init() < 0) throw std::runtime_error("The system's random source does not work.");
    std::string key;
    while (key.size() < length) key.push_back(kLetters[randombytes_uniform(static_cast<std::uint32_t>(kLetters.size()))]);
    return key;
}

std::string read_key(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    line = std::string(trimmed(line, kBlanks));
    if (line.size() < kShortest || line.size() > kLongest)
        throw std::runtime_error("The key " + path + " cannot be used: it has to be a line of 8 to 200 characters.");
    return line;
}

std::string read_or_make_key(const std::string& path) {
    if (::access(path.c_str(), F_OK) != 0) write_key(path, random_key(kLength));
    return read_key(path);
}

bool equals_key(const std::string& key, const std::string& given) {
    if (key.empty()) return false;
    // Hashed, so that both are of one length.
    std::array<unsigned char, crypto_generichash_BYTES> left{};
    std::array<unsigned char, crypto_generichash_BYTES> right{};
    const auto hash = [](auto& into, const std::string& text) {
        crypto_generichash(into.data(), into.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
    };
    hash(left, key);
    hash(right, given);
    return sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace musicspace::relay
