#include "relay/operator_command.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <charconv>
#include <cstdio>
#include <stdexcept>
#include <string>

#include "relay/json_text.h"
#include "relay/operator_socket.h"

namespace musicspace::relay {

namespace {

namespace asio = boost::asio;
using Json = nlohmann::json;

struct Answer {
    int status = 0;
    Json body;
};

std::string encoded(const std::string& text) { return boost::urls::encode(text, boost::urls::unreserved_chars); }

Json call_of(const OperatorCall& call) {
    using What = OperatorCall::What;
    const std::string argument = encoded(call.argument);
    switch (call.what) {
        case What::rooms:
            return {{"method", "GET"}, {"path", "/api/admin/rooms"}};
        case What::close:
            return {{"method", "DELETE"}, {"path", "/api/admin/rooms/" + argument}};
        case What::bans:
            return {{"method", "GET"}, {"path", "/api/admin/bans"}};
        case What::ban:
            return {{"method", "PUT"}, {"path", "/api/admin/bans/" + argument}};
        case What::unban:
            return {{"method", "DELETE"}, {"path", "/api/admin/bans/" + argument}};
        case What::reset_account:
            return {{"method", "POST"}, {"path", "/api/admin/accounts/" + argument + "/reset"}};
        case What::create_account:
            return {{"method", "POST"}, {"path", "/api/admin/accounts"}, {"body", dumped({{"name", call.argument}})}};
    }
    return {};
}

Answer ask(const std::string& path, const Json& call) {
    asio::io_context io;
    asio::local::stream_protocol::socket socket(io);
    boost::system::error_code error;
    // NOLINTNEXTLINE(bugprone-unused-return-value): Asio returns the error it has already stored
    socket.connect(asio::local::stream_protocol::endpoint(path), error);
    if (error) {
        throw std::runtime_error("No server can be asked at " + path + " (" + error.message() +
                                 "). Is it running, and is --data-dir its data folder?");
    }
    asio::write(socket, asio::buffer(dumped(call) + "\n"));
    std::string text;
    asio::read(socket, asio::dynamic_buffer(text), error);
    Answer answer;
    const auto line = text.find('\n');
    if (line == std::string::npos) throw std::runtime_error("The server gave no answer; its log may say why.");
    std::from_chars(text.data(), text.data() + line, answer.status);
    answer.body = object_of(std::string_view(text).substr(line + 1));
    return answer;
}

void print_rooms(const Json& body) {
    std::printf("%-7s%10s  %-10s%-6s%s\n", "CODE", "LISTENERS", "STATUS", "KEPT", "NAME");
    for (const Json& room : body.value("rooms", Json::array())) {
        const std::string name = text_of(room, "name").empty() ? text_of(room, "title") : text_of(room, "name");
        std::printf("%-7s%10d  %-10s%-6s%s\n", text_of(room, "code").c_str(), room.value("listeners", 0), text_of(room, "status").c_str(),
                    room.value("kept", false) ? "yes" : "no", name.c_str());
    }
}

void print(const OperatorCall& call, const Json& body) {
    using What = OperatorCall::What;
    switch (call.what) {
        case What::rooms:
            print_rooms(body);
            break;
        case What::close:
            std::printf("Closed.\n");
            break;
        case What::bans:
            for (const Json& address : body.value("bans", Json::array())) std::printf("%s\n", address.get<std::string>().c_str());
            break;
        case What::ban:
            std::printf("%s is banned.\n", text_of(body, "address").c_str());
            break;
        case What::unban:
            std::printf("%s is not banned any more.\n", text_of(body, "address").c_str());
            break;
        case What::reset_account:
        case What::create_account:
            std::printf("Name: %s\nPassword: %s\nIt is shown this once. Ask them to sign in with it and to choose another.\n",
                        text_of(body, "name").c_str(), text_of(body, "password").c_str());
            break;
    }
}

}  // namespace

int run_operator_call(const Config& config) {
    const Answer answer = ask(OperatorSocket::path_in(config.data_dir), call_of(*config.call));
    if (answer.status >= 200 && answer.status < 300) {
        print(*config.call, answer.body);
        return 0;
    }
    std::fprintf(stderr, "%s\n", text_of(answer.body, "detail").c_str());
    return 1;
}

}  // namespace musicspace::relay
