#pragma once
// A folder of sound files on the server's own disk, offered to its rooms. Paths are relative to it, with '/' between their parts; nothing
// outside is ever reached, neither by ".." nor over symbolic links. Thread-safe; everything reads the disk and may block.

#include <chrono>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "transcoder/track.h"

namespace musicspace::transcoder {

/// Links to library files: this, then the path, percent-encoded.
inline constexpr std::string_view kLibraryScheme = "library:";

[[nodiscard]] std::string library_link(const std::string& path);

struct LibraryListing {
    std::vector<std::string> folders;  ///< paths, sorted
    std::vector<std::string> files;
    bool more = false;  ///< there are more than were asked for
};

class Library {
public:
    /// Throws std::runtime_error when `root` is no folder that can be read.
    explicit Library(const std::string& root);

    [[nodiscard]] const std::filesystem::path& root() const { return root_; }

    /// What lies directly in `folder` ("" is the whole). Throws TranscodeFailure when there is no such folder.
    [[nodiscard]] LibraryListing list(const std::string& folder, std::size_t most) const;

    /// Files whose path contains every word of `words`, upper or lower case (ASCII) alike. Sees changes after a few seconds.
    [[nodiscard]] LibraryListing search(const std::string& words, std::size_t most) const;

    /// The file at `link` as a Track. Throws TranscodeFailure.
    [[nodiscard]] Track open(const std::string& link) const;

private:
    [[nodiscard]] std::filesystem::path resolved(const std::string& path) const;
    [[nodiscard]] bool is_inside(const std::filesystem::path& canonical) const;
    [[nodiscard]] bool is_playable(const std::filesystem::directory_entry& entry) const;
    void scan_if_old() const;

    const std::filesystem::path root_;  ///< canonical
    mutable std::mutex mutex_;
    mutable std::vector<std::string> paths_;  ///< of all files, sorted
    mutable std::chrono::steady_clock::time_point scanned_{};
};

}  // namespace musicspace::transcoder
