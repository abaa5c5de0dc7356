#pragma once

#include "daemon/loop/event.hpp"
#include "daemon/loop/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <spdlog/fwd.h>

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace opd::loop {

/// A folder and the name in it that decides what a path leads to.
struct watch_point {
    std::filesystem::path folder;
    std::string name;

    bool operator==(const watch_point&) const = default;
};

/// Where one has to look to learn that a path leads to another text: the file's own folder, those of the symbolic links
/// on the way, the folder above, and where something is missing, the last folder that is there.
std::vector<watch_point> watch_points(const std::filesystem::path& file);

/// Tells when a file may have changed: by writing into it, by renaming another over it, by changing a link on the way,
/// by making a folder that was missing (inotify(7)). Several events in a short time are one. A path that ends with `/`
/// is a folder, and whatever changes in it is told.
class file_watch {
public:
    /// `changed` is called in the event loop. If the system refuses, the log says so once, and nothing is told.
    file_watch(const boost::asio::any_io_executor&, std::filesystem::path file, std::function<void()> changed,
               spdlog::logger&);

    void start();
    void stop();
    boost::asio::awaitable<void> join();

private:
    /// The names that count in each folder that is watched.
    using names_by_watch = std::map<int, std::set<std::string, std::less<>>>;

    bool open();
    void arm();
    names_by_watch add_watches();
    void warn(int error);
    bool concerns_us(std::string_view events) const;
    boost::asio::awaitable<void> read_events();
    boost::asio::awaitable<void> begin_anew();
    boost::asio::awaitable<void> tell_changes();

    std::filesystem::path file_;
    std::function<void()> changed_;
    spdlog::logger& log_;
    boost::asio::posix::stream_descriptor queue_;
    names_by_watch watches_;
    event happened_;
    bool seen_ = false;  ///< something has happened that was not told yet
    bool warned_ = false;
    bool stopped_ = false;
    task_group tasks_;
};

}  // namespace opd::loop
