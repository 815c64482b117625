#pragma once
// A file of the server's own. Paths never come from users.

#include <cstdio>
#include <string>

#include "transcoder/source/source.h"

namespace musicspace::transcoder {

class FileSource final : public Source {
public:
    explicit FileSource(const std::string& path);
    [[nodiscard]] std::size_t read(std::span<std::uint8_t> into) override;
    void seek(std::int64_t offset) override;
    [[nodiscard]] std::optional<std::int64_t> size() override;

private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace musicspace::transcoder
