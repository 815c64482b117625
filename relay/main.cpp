#include <csignal>
#include <cstdio>
#include <exception>

#include "relay/config.h"
#include "relay/log.h"
#include "relay/operator_command.h"
#include "relay/server.h"

int main(int argc, char** argv) {
    using namespace musicspace::relay;
    int exit_code = 0;
    bool calls = false;
    try {
        const auto config = parse_config(argc, argv, exit_code);
        if (!config) return exit_code;
        calls = config->call.has_value();
        if (calls) return run_operator_call(*config);
        std::signal(SIGPIPE, SIG_IGN);
        const Log log;
        run_server(*config);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s%s\n", calls ? "" : "Music Space cannot start. ", error.what());
        return 1;
    }
}
