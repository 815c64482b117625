#pragma once
// A site of the test's own: an HTTP server that does to each request what the script says, and counts what it sends.

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace musicspace::transcoder {

class ScriptedSite {
public:
    struct Request {
        int number = 0;  ///< 1 for the first
        std::string path;
        std::string head;             ///< all of it, as it came
        std::int64_t from = 0;        ///< as Range asks
        std::int64_t to = INT64_MAX;  ///< behind the last byte asked for
    };

    /// One accepted connection, for the script to answer on.
    class Connection {
    public:
        Connection(int fd, std::atomic<std::int64_t>& sent) : fd_(fd), sent_(sent) {}
        /// Sends text as it is (not counted), or bytes of a body (counted). False when the other side has gone.
        bool text(const std::string& text) const;
        bool body(const std::string& bytes) const;
        /// Blocks until the other side hangs up.
        void await_hang_up() const;
        /// Ends with a reset instead of an orderly close.
        void reset() const;

    private:
        int fd_;
        std::atomic<std::int64_t>& sent_;
    };

    using Script = std::function<void(const Request&, const Connection&)>;

    explicit ScriptedSite(Script script, const std::string& address = "127.0.0.1");
    ~ScriptedSite();
    ScriptedSite(const ScriptedSite&) = delete;
    ScriptedSite& operator=(const ScriptedSite&) = delete;

    /// Answers with the part of `file` that was asked for; `most`: hangs up after so many bytes of it.
    static void serve(const Request& request, const Connection& connection, const std::string& file, std::size_t most = SIZE_MAX);

    [[nodiscard]] std::string url(const std::string& path = "/media") const;
    [[nodiscard]] std::int64_t bytes_sent() const { return sent_; }
    [[nodiscard]] std::vector<Request> requests() const;

private:
    void accept_all();
    void converse(int fd);

    const Script script_;
    const std::string address_;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<std::int64_t> sent_ = 0;
    std::atomic<bool> stopping_ = false;
    mutable std::mutex mutex_;
    std::vector<Request> requests_;
    std::list<int> open_;
    std::list<std::thread> conversations_;
    std::thread acceptor_;
};

}  // namespace musicspace::transcoder
