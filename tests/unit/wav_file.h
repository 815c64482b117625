#pragma once
// A signal as a file: 16 bit, stereo, 48 kHz, both channels the same. Removed when it goes.

#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace musicspace::transcoder {

class WavFile {
public:
    explicit WavFile(const std::vector<float>& signal) {
        static std::atomic<int> count{0};
        path_ =
            std::filesystem::temp_directory_path() / ("musicspace_" + std::to_string(::getpid()) + "_" + std::to_string(++count) + ".wav");
        std::ofstream file(path_, std::ios::binary);
        const auto data = static_cast<std::uint32_t>(signal.size() * 4);
        file << "RIFF";
        write(file, 36 + data, 4);
        file << "WAVEfmt ";
        for (const auto& [value, bytes] :
             std::vector<std::pair<std::uint32_t, int>>{{16, 4}, {1, 2}, {2, 2}, {48'000, 4}, {192'000, 4}, {4, 2}, {16, 2}}) {
            write(file, value, bytes);
        }
        file << "data";
        write(file, data, 4);
        for (const float sample : signal) {
            for (int channel = 0; channel < 2; ++channel) write(file, static_cast<std::uint16_t>(std::lround(sample * 32767)), 2);
        }
    }
    ~WavFile() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    WavFile(const WavFile&) = delete;
    WavFile& operator=(const WavFile&) = delete;

    [[nodiscard]] std::string path() const { return path_; }

private:
    static void write(std::ofstream& file, std::uint32_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) file.put(static_cast<char>(value >> (8 * i)));
    }

    std::filesystem::path path_;
};

}  // namespace musicspace::transcoder
