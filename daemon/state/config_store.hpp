#pragma once

#include "config/config.hpp"
#include "config/config_change.hpp"
#include "config/disk/config_file.hpp"
#include "config/toml/parse.hpp"
#include "daemon/loop/event.hpp"
#include "daemon/loop/task_group.hpp"
#include "daemon/loop/worker_threads.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <spdlog/fwd.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace opd::state {

/// Since which generation each part of a configuration is as it is.
struct config_revisions {
    using by_name = std::map<std::string, std::uint64_t, std::less<>>;

    by_name servers;
    by_name delegators;
    std::uint64_t llm_tools = 1;
};

/// A configuration that is, or was, in force. Never changed.
struct config_snapshot {
    config_text file;  ///< what it was read from
    loaded_config loaded;
    std::uint64_t generation = 1;
    config_revisions revisions;
};

using config_snapshot_ptr = std::shared_ptr<const config_snapshot>;

/// The first snapshot of a daemon.
config_snapshot_ptr first_snapshot(config_text, loaded_config);
/// What comes after it; parts that are equal keep their revision.
config_snapshot_ptr next_snapshot(const config_snapshot& before, config_text, loaded_config);

/// The configuration in force, and the only way to change it: by a client's request, or because the file was changed by
/// hand. The file is the truth; it is read before each write. Reading, parsing, deciding and writing are the worker
/// threads' business, since a disk can take its time and so can a text of many servers; the event loop only swaps
/// snapshots.
class config_store {
public:
    /// Decides on one change: the configuration that is wanted instead, or why not. Is called on a worker thread, and
    /// perhaps more than once.
    using change = std::function<changed<config>(const config_snapshot&)>;

    struct places {
        std::filesystem::path file;
        std::optional<std::filesystem::path> state_folder;  ///< for backups; nullopt: none are made
    };

    /// `adopt` is called with each new snapshot, before anybody who waits for it goes on.
    config_store(boost::asio::any_io_executor, loop::worker_threads&, places, config_snapshot_ptr first,
                 std::function<void(const config_snapshot&)> adopt, spdlog::logger&);

    const config_snapshot& current() const { return *current_; }
    const std::filesystem::path& file() const { return places_.file; }

    /// Why the file on disk is not in force; empty: it is.
    const std::string& error() const { return error_; }

    /// `begins` is called before another text of the file is taken over, `settled` when nothing is left to read or to
    /// write: current() and error() are as they will be. To be set before start().
    void tell_reloads(std::function<void()> begins, std::function<void()> settled);

    /// Changes the file, and then the configuration in force. Returns once it is on disk, with the snapshot that has
    /// the change. Requests that come while a write is under way are written together.
    boost::asio::awaitable<changed<config_snapshot_ptr>> write(change);

    /// The file may have changed: reads it soon.
    void reload();

    void start();
    /// What is under way is brought to its end; new requests are refused.
    void stop();
    boost::asio::awaitable<void> join();

private:
    struct request;
    using batch = std::vector<std::shared_ptr<request>>;

    boost::asio::awaitable<void> run();
    boost::asio::awaitable<void> look();
    boost::asio::awaitable<void> serve(batch);
    /// Brings the requests to the disk and into force, and tells them; else answers why not.
    boost::asio::awaitable<change_refusal> make(const batch&);
    /// Reads the file and takes it over; false: it is broken, and error_ says why.
    boost::asio::awaitable<bool> catch_up();
    boost::asio::awaitable<result<replaced>> save(config_snapshot_ptr wanted);
    boost::asio::awaitable<void> back_up();
    /// What the requests make of the configuration, one after the other; each notes its own outcome.
    boost::asio::awaitable<config_snapshot_ptr> decide(batch);
    /// After a write that failed: who would have been refused without it, too, is told why.
    boost::asio::awaitable<void> tell_refusals(batch);
    void take_over(config_snapshot_ptr);
    void note_error(const diagnostic&);

    places places_;
    config_snapshot_ptr current_;
    std::function<void(const config_snapshot&)> adopt_;
    std::function<void()> reload_begins_ = [] {};
    std::function<void()> settled_ = [] {};
    spdlog::logger& log_;
    std::shared_ptr<toml_memory> memory_ = std::make_shared<toml_memory>();  ///< of the work under way
    std::string error_;
    std::string backed_up_on_;  ///< the day of the last backup
    std::string backup_error_;
    batch waiting_;
    bool look_at_file_ = false;
    bool stopped_ = false;
    loop::event work_;
    loop::worker_threads& workers_;
    loop::task_group tasks_;
};

}  // namespace opd::state
