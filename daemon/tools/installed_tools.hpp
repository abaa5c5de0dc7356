#pragma once

#include "config/model/llm_tools.hpp"
#include "daemon/loop/run_program.hpp"
#include "daemon/loop/worker_threads.hpp"
#include "daemon/tools/tools.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <spdlog/fwd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace opd::tools {

/// An llm tool whose program is there.
struct found_tool {
    const llm_tool* tool = nullptr;
    std::filesystem::path path;
    std::string version;        ///< empty: not known
    std::string version_error;  ///< why not; empty: it was not asked for yet

    /// nullopt: not known.
    std::optional<bool> version_ok() const;
};

struct tool_settings {
    program_places places;
    loop::program_limits limits;              ///< of a `TOOL --version`
    std::chrono::milliseconds wait{5'000};    ///< how long somebody waits for one
    std::chrono::milliseconds pause{60'000};  ///< before a tool that could not tell is asked again
};

/// The llm tools of this machine. Which are there is looked up each time, on a worker thread; of which version they are
/// tells `TOOL --version`, which is run once, and again when the file has changed. That gets PATH, HOME, LANG, TERM and
/// what its row in the table adds, so no key.
class installed_tools {
public:
    /// The threads and the log must outlive this.
    installed_tools(boost::asio::any_io_executor, loop::worker_threads&, tool_settings, spdlog::logger&);
    ~installed_tools();

    /// Looks which are there. Runs nothing.
    boost::asio::awaitable<void> look();
    /// Those that the last look has found, in the order of the table, with what is known of their versions.
    std::vector<found_tool> find() const;
    std::optional<found_tool> find(const llm_tool&) const;

    /// The version of this tool, as it is there now; empty: none is known. Runs nothing, and while no version of any
    /// tool is known it does not look either, since every launch waits for this.
    boost::asio::awaitable<std::string> known_version(const llm_tool&);

    /// Looks, runs those whose version is not known, all at once, and waits for them and for those that run already;
    /// for none longer than `wait` from its start. Afterwards find() tells more.
    boost::asio::awaitable<void> learn_versions();

    /// Kills what runs, and runs nothing more; join() then waits for the end.
    void stop();
    boost::asio::awaitable<void> join();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace opd::tools
