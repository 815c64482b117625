#pragma once
// The page's files, read once at start. A request is a look-up in that map: no path of a request ever reaches the file system.

#include <optional>
#include <string>
#include <unordered_map>

#include "relay/http/messages.h"

namespace musicspace::relay {

class StaticFiles {
public:
    /// Throws std::runtime_error when `root` holds no index.html (the page has not been built).
    explicit StaticFiles(const std::string& root);

    /// The answer for a path: "/", "/r/CODE" and "/check" give the page; nothing when the path is no file. Compressed if `gzip` is accepted
    /// and helps.
    [[nodiscard]] std::optional<HttpResponse> find(const std::string& path, bool gzip) const;

private:
    struct File {
        HttpResponse plain;
        std::optional<HttpResponse> compressed;
    };
    std::unordered_map<std::string, File> files_;
};

}  // namespace musicspace::relay
