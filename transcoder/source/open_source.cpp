#include "transcoder/source/file_source.h"
#include "transcoder/source/http_source.h"

namespace musicspace::transcoder {

std::unique_ptr<Source> open_source(const Track& track, AddressPolicy addresses, std::stop_token stop) {
    if (!track.file.empty()) return std::make_unique<FileSource>(track.file);
    return std::make_unique<HttpSource>(track.media_url, track.headers, addresses, std::move(stop));
}

}  // namespace musicspace::transcoder
