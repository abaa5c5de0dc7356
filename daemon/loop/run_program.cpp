#include "daemon/loop/run_program.hpp"

#include "config/base/utf8.hpp"
#include "probes/http/await.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <system_error>

namespace asio = boost::asio;

namespace opd::loop {
namespace {

constexpr std::size_t longest_complaint = 200;

/// A program that runs, and what is waited for.
struct running_program {
    running_program(const asio::any_io_executor& executor, std::size_t most_output)
        : child(most_output), ready(executor), limit(executor) {}

    /// 0, or an error number.
    int start(const program_call& call) {
        if (const int failed = child.start(call); failed != 0) return failed;
        boost::system::error_code refused;
        ready.assign(child.ready.get(), refused);
        if (!refused) child.ready.release();
        return refused.value();
    }

    child_process child;
    asio::posix::stream_descriptor ready;
    asio::steady_timer limit;
    bool out_of_time = false;
};

std::string command_line(const program_call& call) {
    return legible(fmt::format("{} {}", call.file.string(), fmt::join(call.arguments, " ")));
}

/// The first line that says something, in brackets; empty where there is none.
std::string first_line(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    text = text.substr(0, text.find_first_of("\r\n"));
    const std::string line = legible(utf8_prefix(text, longest_complaint));
    return line.empty() ? line : fmt::format(" ({})", line);
}

std::string in_seconds(std::chrono::milliseconds time) {
    return fmt::format("{} s", std::chrono::duration<double>(time).count());
}

}  // namespace

asio::awaitable<result<std::string>> run_program(program_call call, program_limits limits) {
    // What is cancelled here must still be killed, and awaited.
    co_await asio::this_coro::throw_if_cancelled(false);
    call.folder = "/";
    const auto running = std::make_shared<running_program>(co_await asio::this_coro::executor, limits.output);
    const int failed = running->start(call);
    if (failed != 0) {
        co_return problem(
            fmt::format("{} cannot be run: {}", command_line(call), std::generic_category().message(failed)), "");
    }
    running->limit.expires_after(limits.time);
    running->limit.async_wait([running](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        running->out_of_time = true;
        running->child.kill();
    });
    bool cancelled = false;
    while (!running->child.advance()) {
        const auto [error] = co_await running->ready.async_wait(asio::posix::descriptor_base::wait_read, await);
        if (!error) continue;
        cancelled = true;
        running->child.kill();
    }
    running->child.kill();
    running->limit.cancel();
    const auto end = running->child.end();

    if (cancelled) co_return problem(command_line(call) + " was given up", "");
    if (running->out_of_time)
        co_return problem(fmt::format("{} did not end within {}", command_line(call), in_seconds(limits.time)), "");
    if (!end) co_return problem(command_line(call) + " was ended by somebody else", "");
    if (end->signal == 0 && end->exit_code == 0) co_return end->out;
    const std::string how = end->signal != 0 ? fmt::format("was ended by signal {}", end->signal)
                                             : fmt::format("ended with exit code {}", end->exit_code);
    co_return problem(fmt::format("{} {}{}", command_line(call), how, first_line(end->err)), "");
}

}  // namespace opd::loop
