#include "relay/http/static_files.h"

#include <zlib.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace musicspace::relay {

namespace {

struct ContentType {
    std::string_view extension;
    std::string_view type;
};

constexpr std::array kTypes{
    ContentType{".html", "text/html; charset=utf-8"},
    ContentType{".js", "text/javascript; charset=utf-8"},
    ContentType{".css", "text/css; charset=utf-8"},
    ContentType{".svg", "image/svg+xml"},
    ContentType{".png", "image/png"},
    ContentType{".ico", "image/x-icon"},
    ContentType{".json", "application/json"},
    ContentType{".webmanifest", "application/manifest+json"},
    ContentType{".wasm", "application/wasm"},
    ContentType{".woff2", "font/woff2"},
    ContentType{".txt", "text/plain; charset=utf-8"},
};

// The page loads nothing from other sites: even artwork comes from this server, which fetches it.
constexpr const char* kPagePolicy =
    "default-src 'self'; img-src 'self' data:; media-src 'self' blob:; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'";

// The page only plays: it may use nothing that could observe the listener.
constexpr const char* kPagePermissions = "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), usb=()";

// The policy of a worker's script applies to the worker itself. The page has decided which workers run; WebAssembly, which decodes where
// the browser cannot, has to be allowed in them, so scripts are not restricted. SVG images may have styles. Empty: the default of all
// answers.
std::string policy_of(const std::string& path) {
    if (path.ends_with(".html")) return kPagePolicy;
    if (path.ends_with(".js")) return "object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
    if (path.ends_with(".svg")) return "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    return {};
}

std::string type_of(const std::filesystem::path& path) {
    const std::string extension = path.extension().string();
    for (const ContentType& known : kTypes) {
        if (known.extension == extension) return std::string(known.type);
    }
    return "application/octet-stream";
}

std::string contents_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream contents;
    contents << file.rdbuf();
    return contents.str();
}

// In gzip's format (RFC 1952), at the highest level, because it is done only once.
std::string gzipped(const std::string& text) {
    constexpr int kWindowWithGzipHeader = 15 + 16;
    constexpr int kMemory = 9;
    z_stream stream{};
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kWindowWithGzipHeader, kMemory, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("There is not enough memory to compress the page.");
    std::string compressed(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
    stream.avail_out = static_cast<uInt>(compressed.size());
    const int result = deflate(&stream, Z_FINISH);
    compressed.resize(stream.total_out);
    deflateEnd(&stream);
    if (result != Z_STREAM_END) throw std::runtime_error("The page cannot be compressed.");
    return compressed;
}

}  // namespace

StaticFiles::StaticFiles(const std::string& root) {
    namespace fs = std::filesystem;
    if (!fs::is_regular_file(fs::path(root) / "index.html")) {
        throw std::runtime_error("The page is missing: " + root + " holds no index.html. Build it with ./run, or set --web-root.");
    }
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        if (!entry.is_regular_file()) continue;
        const std::string path = std::string("/").append(fs::relative(entry.path(), root).generic_string());
        if (path.find("/.") != std::string::npos) continue;  // files that the build keeps for itself
        HttpResponse response{200, type_of(entry.path()), std::make_shared<const std::string>(contents_of(entry.path())), {}};
        // Vite puts a hash of the content into the names under /assets.
        const bool immutable = path.starts_with("/assets/");
        response.headers.emplace_back("Cache-Control", immutable ? "public, max-age=31536000, immutable" : "no-cache");
        response.headers.emplace_back("Vary", "Accept-Encoding");
        // These two headers together isolate the page, which gives it exact clocks and memory that threads share.
        response.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
        response.headers.emplace_back("Cross-Origin-Embedder-Policy", "require-corp");
        if (const auto policy = policy_of(path); !policy.empty()) response.headers.emplace_back("Content-Security-Policy", policy);
        if (path.ends_with(".html")) response.headers.emplace_back("Permissions-Policy", kPagePermissions);
        File file{std::move(response), {}};
        if (std::string compressed = gzipped(*file.plain.body); compressed.size() < file.plain.body->size() * 9 / 10) {
            file.compressed = file.plain;
            file.compressed->body = std::make_shared<const std::string>(std::move(compressed));
            file.compressed->headers.emplace_back("Content-Encoding", "gzip");
        }
        files_.emplace(path, std::move(file));
    }
}

std::optional<HttpResponse> StaticFiles::find(const std::string& path, bool gzip) const {
    const bool is_page =
        path == "/" || path == "/check" || (path.starts_with("/r/") && path.find('/', 3) == std::string::npos && path.size() > 3);
    const auto found = files_.find(is_page ? "/index.html" : path);
    if (found == files_.end()) return std::nullopt;
    const File& file = found->second;
    return gzip && file.compressed ? *file.compressed : file.plain;
}

}  // namespace musicspace::relay
