#include "transcoder/source/file_source.h"

#include <sys/stat.h>

#include "transcoder/transcode_error.h"

namespace musicspace::transcoder {

FileSource::FileSource(const std::string& path) : file_(std::fopen(path.c_str(), "rbe")) {
    if (!file_) throw TranscodeFailure(Fault::not_found, "This file is missing on the server.");
}

std::size_t FileSource::read(std::span<std::uint8_t> into) { return std::fread(into.data(), 1, into.size(), file_.get()); }

void FileSource::seek(std::int64_t offset) {
    if (::fseeko(file_.get(), offset, SEEK_SET) != 0) throw TranscodeFailure(Fault::unreadable, "This file cannot be read.");
}

std::optional<std::int64_t> FileSource::size() {
    struct stat status = {};
    if (::fstat(::fileno(file_.get()), &status) != 0) return std::nullopt;
    return status.st_size;
}

}  // namespace musicspace::transcoder
