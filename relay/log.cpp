#include "relay/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <mutex>

#include "relay/base/log_line.h"

namespace musicspace::relay {

namespace {

constexpr std::chrono::milliseconds kBeforeTheEnd{500};

// Only what the pattern adds is not escaped.
class EscapedText : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm& /*time*/, spdlog::memory_buf_t& line) override {
        const std::string text = log_text({message.payload.data(), message.payload.size()});
        line.append(text.data(), text.data() + text.size());
    }
    [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<EscapedText>(); }
};

class WriterSink : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit WriterSink(std::shared_ptr<LineWriter> writer) : writer_(std::move(writer)) {
        auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::local, "");
        formatter->add_flag<EscapedText>('*').set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %*");
        formatter_ = std::move(formatter);
    }

private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        writer_->write({line.data(), line.size()});
    }
    void flush_() override { (void)writer_->flush(kBeforeTheEnd); }  // only at the end

    const std::shared_ptr<LineWriter> writer_;
};

// Of the process, as std::set_terminate takes no state.
std::weak_ptr<LineWriter>& last_writer() {
    static std::weak_ptr<LineWriter> writer;
    return writer;
}

[[noreturn]] void end_with_log() {
    if (const auto writer = last_writer().lock()) {
        if (const auto error = std::current_exception()) {
            try {
                std::rethrow_exception(error);
            } catch (const std::exception& it) {
                spdlog::critical("the server ends: {}", it.what());
            } catch (...) {
                spdlog::critical("the server ends: an unknown exception");
            }
        }
        (void)writer->flush(kBeforeTheEnd);
    }
    std::abort();
}

}  // namespace

Log::Log() : writer_(std::make_shared<LineWriter>(STDERR_FILENO)) {
    last_writer() = writer_;
    std::set_terminate(end_with_log);
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("musicspace", std::make_shared<WriterSink>(writer_)));
}

Log::~Log() { (void)writer_->flush(kBeforeTheEnd); }

}  // namespace musicspace::relay
