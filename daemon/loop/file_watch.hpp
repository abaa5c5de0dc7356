#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <spdlog/fwd.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
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
    file_watch(boost::asio::any_io_executor, std::filesystem::path file, std::function<void()> changed,
               spdlog::logger&);
    file_watch(const file_watch&) = delete;
    file_watch& operator=(const file_watch&) = delete;
    ~file_watch();

    void start();
    void stop();
    boost::asio::awaitable<void> join();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace opd::loop
