#pragma once

#include "config/model/llm_tools.hpp"
#include "daemon/loop/run_program.hpp"
#include "daemon/loop/worker_threads.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <spdlog/fwd.h>

#include <chrono>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace opd::tools {

/// Where this process looks for programs.
struct program_places {
    std::string search_path;     ///< a PATH (`/a:/b`)
    std::filesystem::path home;  ///< the user's; empty: only the search path counts
};

/// `$PATH` and `$HOME` of this process.
program_places own_places();

/// The folders of the search path; then, since that of a service is short, those of the home where llm tools and their
/// installers (npm, bun, volta, nvm) put programs, those of the newest of nvm's `node_versions` first; and
/// /usr/local/bin. Each folder once. Those that are not absolute are passed over: nothing depends on the current
/// directory.
std::vector<std::filesystem::path> program_folders(const program_places&, std::vector<std::string> node_versions);

/// The same for what nvm has installed now.
std::vector<std::filesystem::path> program_folders(const program_places&);

/// The first executable file of this name in the folders.
std::optional<std::filesystem::path> find_program(std::string_view name, std::span<const std::filesystem::path>);

/// A version as programs have them, e.g. `0.62.0-preview.1`. The order is that of Semantic Versioning 2.0.0, 11: what
/// comes before a release counts as less than the release. Numbers that are left out are 0.
struct version_number {
    std::vector<std::uint64_t> numbers;    ///< two at least
    std::vector<std::string> pre_release;  ///< empty: it is the release
};

std::strong_ordering compare(const version_number&, const version_number&);

/// nullopt: it is none. A `v` in front is passed over, and so is a build behind a `+`.
std::optional<version_number> parse_version(std::string_view);

/// The first version in what a program says of itself, without a `v`: `0.169.0` of `codex-cli 0.169.0`.
std::optional<std::string> find_version(std::string_view text);

/// Whether a version is this one or a later one; nullopt where one of them is none.
std::optional<bool> is_at_least(std::string_view version, std::string_view minimum);

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
    std::chrono::milliseconds fresh{10'000};  ///< for so long a launch need not look again
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

    /// The version of this tool; empty: it cannot be had within `patience`. Its program is run only where that file was
    /// not yet asked. Every launch waits for this, so that what was looked at is good for a while.
    boost::asio::awaitable<std::string> version_of(const llm_tool&, std::chrono::milliseconds patience);

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
