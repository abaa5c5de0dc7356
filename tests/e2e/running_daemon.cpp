#include "tests/e2e/running_daemon.hpp"

#include <charconv>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

namespace opd::test {
namespace {

std::uint16_t port_in(const std::string& line) {
    std::uint16_t port = 0;
    const char* digits = line.data() + line.rfind(':') + 1;
    std::from_chars(digits, line.data() + line.size(), port);
    if (port == 0) throw std::runtime_error("no port in: " + line);
    return port;
}

}  // namespace

std::string program_path(std::string_view name) { return OPD_TEST_BIN "/" + std::string(name); }

running_daemon::running_daemon(std::string_view operator_toml, process::environment extra,
                               std::vector<std::string> listen, std::string program)
    : listen_(std::move(listen)), program_(std::move(program)) {
    folder_.write("operator.toml", operator_toml);
    extra.merge(environment_);
    environment_ = std::move(extra);
    start();
}

running_daemon::running_daemon(elsewhere config_file) : config_file_(std::move(config_file.file)) { start(); }

void running_daemon::start() {
    std::vector<std::string> command{program_path(program_), "--config", config_file(), "--socket", socket()};
    command.insert(command.end(), listen_.begin(), listen_.end());
    process_.emplace(command, environment_);
    if (!process_->wait_for_line("is ready"))
        throw std::runtime_error("operatord did not start: " + process_->standard_error());
    if (const auto line = process_->wait_for_line("listening on http://127.0.0.1:", std::chrono::milliseconds(0)))
        port_ = port_in(*line);
}

boost::json::value running_daemon::get(std::string_view path) const {
    auto client = tcp();
    const http_answer answer = client.get("/api/v1" + std::string(path));
    if (answer.status != 200) throw std::runtime_error(std::string(path) + " answered " + answer.body);
    return boost::json::parse(answer.body);
}

boost::json::value running_daemon::wait_for_status(std::string_view server, std::string_view status) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    boost::json::value last;
    while (std::chrono::steady_clock::now() < deadline) {
        last = get("/model-servers/" + std::string(server));
        if (last.at("probe").at("status").as_string() == status) return last;
        std::this_thread::yield();
    }
    throw std::runtime_error("waited in vain for " + std::string(status) + ": " + boost::json::serialize(last));
}

}  // namespace opd::test
