#include "transcoder/media.h"

#include "transcoder/source/file_source.h"
#include "transcoder/source/http_source.h"
#include "transcoder/source/spool_source.h"

namespace musicspace::transcoder {

std::unique_ptr<Source> Media::open(const std::stop_token& stop) const {
    if (!track_.file.empty()) return std::make_unique<FileSource>(track_.file);
    if (spool_) return std::make_unique<SpoolSource>(spool_, stop);
    return std::make_unique<HttpSource>(track_.media_url, track_.headers, addresses_, stop);
}

}  // namespace musicspace::transcoder
