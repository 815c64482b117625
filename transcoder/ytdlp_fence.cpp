#include "transcoder/ytdlp_fence.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "transcoder/fence/fence.h"

namespace musicspace::transcoder {

namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets variables
    return value == nullptr ? std::string() : value;
}

std::vector<std::string> folders_of_path() {
    std::vector<std::string> folders;
    std::istringstream path(variable("PATH"));
    for (std::string folder; std::getline(path, folder, ':');)
        if (folder.starts_with('/')) folders.push_back(folder);
    return folders;
}

// Without links; empty when there is no such file.
fs::path real(const fs::path& path) {
    std::error_code none;
    fs::path found = fs::canonical(path, none);
    return none ? fs::path() : found;
}

fs::path found_in_path(const std::string& program) {
    std::error_code none;
    if (program.find('/') != std::string::npos) return program;
    for (const std::string& folder : folders_of_path())
        if (fs::is_regular_file(fs::path(folder) / program, none)) return fs::path(folder) / program;
    return {};
}

// A home, or all of the disk, is no folder of a program's.
bool is_too_wide(const fs::path& folder) {
    return folder.empty() || folder == folder.root_path() || folder == real(variable("HOME")) || folder == "/home" || folder == "/tmp" ||
           folder == "/var";
}

void add_folder_of(const fs::path& file, std::vector<std::string>& places) {
    if (file.empty()) return;
    places.push_back(is_too_wide(file.parent_path()) ? file.string() : file.parent_path().string());
}

// The words behind #!, if it is a script.
std::vector<std::string> interpreter_of(const fs::path& script) {
    std::ifstream file(script, std::ios::binary);
    std::string line(256, '\0');
    file.read(line.data(), static_cast<std::streamsize>(line.size()));
    line.resize(static_cast<std::size_t>(file.gcount()));
    if (!line.starts_with("#!")) return {};
    std::istringstream words(line.substr(2, line.find('\n') - 2));
    std::vector<std::string> all;
    for (std::string word; words >> word;) all.push_back(word);
    return all;
}

// A virtual environment names the Python that it is made of in pyvenv.cfg.
std::string home_of(const fs::path& environment) {
    std::ifstream file(environment / "pyvenv.cfg");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("home")) return line.substr(std::min(line.find_first_not_of(" =", 4), line.size()));
    return {};
}

void add_python(const fs::path& interpreter, std::vector<std::string>& places) {
    add_folder_of(real(interpreter), places);
    // Programs that choose among several Pythons, which lie beside them.
    if (interpreter.parent_path().filename() == "shims") places.push_back(interpreter.parent_path().parent_path().string());
    std::error_code none;
    for (const fs::path& of_one : {interpreter.parent_path(), real(interpreter).parent_path()}) {
        const fs::path prefix = of_one.parent_path();
        const std::string base = home_of(prefix);
        if (!base.empty() || (fs::is_directory(prefix / "lib", none) && !is_too_wide(prefix))) places.push_back(prefix.string());
        if (!base.empty() && !is_too_wide(fs::path(base).parent_path())) places.push_back(fs::path(base).parent_path().string());
    }
    // Packages that a user has installed for themself.
    for (const auto& entry : fs::directory_iterator(fs::path(variable("HOME")) / ".local/lib", none))
        if (entry.path().filename().string().starts_with("python")) places.push_back(entry.path().string());
}

}  // namespace

std::vector<std::string> places_of_program(const std::string& program) {
    std::vector<std::string> places;
    const fs::path file = real(found_in_path(program));
    if (file.empty()) return places;
    add_folder_of(file, places);
    std::vector<std::string> words = interpreter_of(file);
    if (!words.empty() && fs::path(words.front()).filename() == "env") {
        words.erase(words.begin());
        while (!words.empty() && words.front().starts_with('-')) words.erase(words.begin());
    }
    if (words.empty()) return places;
    const fs::path interpreter = found_in_path(words.front());
    if (interpreter.filename().string().starts_with("python")) {
        add_python(interpreter, places);
    } else {
        add_folder_of(real(interpreter), places);
    }
    return places;
}

std::vector<std::string> paths_in(const std::string& text) {
    std::vector<std::string> paths;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find_first_of("=:,", at), text.size());
        if (text[at] == '/' && end > at + 1) paths.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return paths;
}

LandlockRules files_of_ytdlp(const YtdlpPlaces& places) {
    LandlockRules rules;
    rules.readable = system_paths();
    const auto add = [&rules](const std::vector<std::string>& more) {
        rules.readable.insert(rules.readable.end(), more.begin(), more.end());
    };
    add(places_of_program(places.program));
    if (!places.js_runtime.empty()) add(places_of_program(places.js_runtime));
    add(folders_of_path());
    for (const std::string& argument : places.arguments) add(paths_in(argument));
    for (const std::string& name : places.environment) add(paths_in(variable(name.c_str())));
    for (const char* name : {"SSL_CERT_DIR", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}) add(paths_in(variable(name)));
    add({"/etc/yt-dlp", "/etc/yt-dlp-plugins"});
    if (const std::string home = variable("HOME"); home.starts_with('/'))
        add({home + "/.config/yt-dlp", home + "/.config/yt-dlp-plugins", home + "/.yt-dlp"});
    std::erase(rules.readable, "/");
    rules.writable = {places.scratch, places.cache};
    return rules;
}

}  // namespace musicspace::transcoder
