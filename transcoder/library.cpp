#include "transcoder/library.h"

#include <algorithm>
#include <array>
#include <boost/url/encode.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <cctype>
#include <sstream>
#include <stdexcept>

#include "transcoder/transcode_error.h"

namespace musicspace::transcoder {

namespace {

namespace fs = std::filesystem;
using Entry = fs::directory_entry;

constexpr auto kFresh = std::chrono::seconds(3);
constexpr std::size_t kMostFiles = 500'000;
constexpr std::array<std::string_view, 19> kTypes{".aac", ".aif",  ".aiff", ".flac", ".m4a",  ".m4b", ".mka", ".mp3", ".mp4", ".oga",
                                                  ".ogg", ".opus", ".tta",  ".wav",  ".webm", ".wma", ".wv",  ".ape", ".caf"};

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

bool hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

[[noreturn]] void throw_missing() {
    throw TranscodeFailure(Fault::not_found, "There is nothing of this name in the server's library. Look it up there again.");
}

// The parts of a path that are allowed at all: no way up, no hidden files, no tricks.
bool is_plain(const fs::path& path) {
    return path.is_relative() && std::ranges::none_of(path, [](const fs::path& part) { return part.string().starts_with('.'); }) &&
           std::ranges::none_of(path.string(), [](unsigned char c) { return c < ' '; });
}

LibraryListing cut(LibraryListing listing, std::size_t most) {
    std::ranges::sort(listing.folders);
    std::ranges::sort(listing.files);
    for (auto* part : {&listing.folders, &listing.files}) {
        listing.more = listing.more || part->size() > most;
        part->resize(std::min(part->size(), most));
        most -= part->size();
    }
    return listing;
}

}  // namespace

std::string library_link(const std::string& path) {
    return std::string(kLibraryScheme) + boost::urls::encode(path, boost::urls::unreserved_chars + '/');
}

Library::Library(const std::string& root)
    : root_([&root] {
          std::error_code error;
          fs::path canonical = fs::canonical(root, error);
          if (error || !fs::is_directory(canonical, error)) throw std::runtime_error("--library " + root + " is no folder.");
          (void)fs::directory_iterator(canonical, error);
          if (error) throw std::runtime_error("--library " + root + " cannot be read: " + error.message() + ".");
          return canonical;
      }()) {}

bool Library::is_inside(const fs::path& canonical) const { return std::ranges::mismatch(root_, canonical).in1 == root_.end(); }

fs::path Library::resolved(const std::string& path) const {
    if (!is_plain(path)) throw_missing();
    std::error_code error;
    fs::path canonical = fs::canonical(root_ / path, error);
    if (error || !is_inside(canonical)) throw_missing();
    return canonical;
}

bool Library::is_playable(const Entry& entry) const {
    std::error_code error;
    const std::string type = lower(entry.path().extension().string());
    if (hidden(entry.path()) || std::ranges::find(kTypes, type) == kTypes.end() || !entry.is_regular_file(error)) return false;
    if (!entry.is_symlink(error)) return true;
    const fs::path canonical = fs::canonical(entry.path(), error);
    return !error && is_inside(canonical);
}

LibraryListing Library::list(const std::string& folder, std::size_t most) const {
    const fs::path where = resolved(folder);
    std::error_code error;
    LibraryListing listing;
    for (fs::directory_iterator entry(where, error), end; !error && entry != end; entry.increment(error)) {
        std::error_code unreadable;
        const std::string path = (fs::path(folder) / entry->path().filename()).string();
        const bool inside = !entry->is_symlink(unreadable) || is_inside(fs::canonical(entry->path(), unreadable));
        if (entry->is_directory(unreadable) && inside && !hidden(entry->path())) {
            listing.folders.push_back(path);
        } else if (is_playable(*entry)) {
            listing.files.push_back(path);
        }
    }
    if (error) throw_missing();
    return cut(std::move(listing), most);
}

void Library::scan_if_old() const {
    if (std::chrono::steady_clock::now() - scanned_ < kFresh) return;
    paths_.clear();
    std::error_code error;
    // Linked folders are listed but not searched: they may lead round in circles.
    for (fs::recursive_directory_iterator entry(root_, fs::directory_options::skip_permission_denied, error), end;
         !error && entry != end && paths_.size() < kMostFiles; entry.increment(error)) {
        if (hidden(entry->path())) {
            entry.disable_recursion_pending();
        } else if (is_playable(*entry)) {
            paths_.push_back(entry->path().lexically_relative(root_).string());
        }
    }
    std::ranges::sort(paths_);
    scanned_ = std::chrono::steady_clock::now();
}

LibraryListing Library::search(const std::string& words, std::size_t most) const {
    std::vector<std::string> wanted;
    std::istringstream stream(lower(words));
    for (std::string word; stream >> word;) wanted.push_back(word);
    LibraryListing listing;
    const std::lock_guard lock(mutex_);
    scan_if_old();
    for (const std::string& path : paths_) {
        const std::string text = lower(path);
        if (wanted.empty() || !std::ranges::all_of(wanted, [&](const std::string& word) { return text.find(word) != std::string::npos; }))
            continue;
        listing.files.push_back(path);
        if (listing.files.size() > most) break;
    }
    return cut(std::move(listing), most);
}

Track Library::open(const std::string& link) const {
    const auto encoded = boost::urls::make_pct_string_view(std::string_view(link).substr(kLibraryScheme.size()));
    if (!encoded) throw_missing();
    const std::string path = encoded->decode();
    const fs::path file = resolved(path);
    if (!is_playable(Entry(file))) throw_missing();
    Track track;
    track.link = link;
    track.title = fs::path(path).stem().string();
    track.file = file.string();
    return track;
}

}  // namespace musicspace::transcoder
