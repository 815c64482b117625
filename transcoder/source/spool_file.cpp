#include "transcoder/source/spool_file.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "transcoder/transcode_error.h"

namespace musicspace::transcoder {

namespace {

// Not every file system knows files without a name.
int open_and_unlink(const std::string& directory) {
    std::string path = directory + "/spool-XXXXXX";
    const int fd = ::mkostemp(path.data(), O_CLOEXEC);
    if (fd >= 0) ::unlink(path.c_str());
    return fd;
}

[[noreturn]] void fail(const char* what) {
    const int code = errno;
    spdlog::error("the spool failed ({}): {}", what, std::strerror(code));  // NOLINT(concurrency-mt-unsafe)
    if (code == ENOSPC || code == EDQUOT) throw TranscodeFailure(Fault::disk_full, kDiskFull);
    throw TranscodeFailure(Fault::internal, "The server cannot keep this track. Whoever hosts it finds the reason in the log.");
}

}  // namespace

SpoolFile::SpoolFile(const std::string& directory) : fd_(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) {
    if (fd_ < 0) fd_ = open_and_unlink(directory);
    if (fd_ < 0) fail("open");
}

SpoolFile::~SpoolFile() { ::close(fd_); }

void SpoolFile::write(std::int64_t offset, std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::pwrite(fd_, bytes.data(), bytes.size(), offset);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) fail("write");
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        offset += count;
    }
}

std::size_t SpoolFile::read(std::int64_t offset, std::span<std::uint8_t> into) const {
    ssize_t count = 0;
    do {
        count = ::pread(fd_, into.data(), into.size(), offset);
    } while (count < 0 && errno == EINTR);
    if (count < 0) fail("read");
    return static_cast<std::size_t>(count);
}

void SpoolFile::discard(std::int64_t from, std::int64_t to) {
    // Where the file system cannot do it, the space comes back with the file.
    ::fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, to - from);
}

}  // namespace musicspace::transcoder
