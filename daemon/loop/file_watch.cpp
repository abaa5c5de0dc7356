#include "daemon/loop/file_watch.hpp"

#include "daemon/loop/log.hpp"
#include "probes/http/await.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>

#include <sys/inotify.h>
#include <unistd.h>

namespace asio = boost::asio;
namespace fs = std::filesystem;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace opd::loop {
namespace {

constexpr int most_links = 40;  // as the kernel

fs::path from_the_root(const fs::path& path) {
    std::error_code failed;
    const fs::path made = fs::absolute(path, failed);
    return failed ? path : made;
}

/// Goes the way that a path leads, name by name.
class walk {
public:
    explicit walk(const fs::path& path) : left_(from_the_root(path)) {}

    std::vector<watch_point> points() {
        while (step()) {
        }
        if (here_.has_relative_path()) add({here_.parent_path(), here_.filename()});
        return std::move(points_);
    }

private:
    /// False: this was the last name, or the last that is there.
    bool step() {
        if (left_.is_absolute()) here_ = left_.root_path();
        left_ = left_.relative_path();
        const auto name = left_.begin();
        if (name == left_.end()) return false;
        fs::path rest;
        for (auto at = std::next(name); at != left_.end(); ++at) rest /= *at;
        const bool more = pass(*name, rest);
        left_ = std::move(rest);
        return more;
    }

    bool pass(const fs::path& name, fs::path& rest) {
        if (name.empty() || name == ".") return true;
        if (name == "..") {
            here_ = here_.parent_path();  // free of links: so this is the folder above
            return true;
        }
        std::error_code failed;
        const fs::file_type type = fs::symlink_status(here_ / name, failed).type();
        if (type == fs::file_type::directory && !rest.empty()) {
            here_ /= name;
            return true;
        }
        add({here_, name});
        if (type != fs::file_type::symlink || ++links_ > most_links) return false;
        const fs::path leads_to = fs::read_symlink(here_ / name, failed);
        rest = rest.empty() ? leads_to : leads_to / rest;
        return !failed;
    }

    void add(watch_point found) {
        if (std::ranges::find(points_, found) == points_.end()) points_.push_back(std::move(found));
    }

    fs::path here_;  ///< a folder, free of links
    fs::path left_;
    std::vector<watch_point> points_;
    int links_ = 0;
};

/// A change is told when nothing more has happened for this time, so that an editor that needs several steps is done.
constexpr auto quiet_time = 20ms;
/// But it is told after this time at the latest.
constexpr auto longest_storm = 200ms;

/// Before a watch that has failed begins anew.
constexpr auto pause_after_failure = 1s;

constexpr int most_passes = 10;

constexpr std::uint32_t interesting = IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE |
                                      IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW;

constexpr std::string_view any_name;

std::string remedy(int error) {
    // inotify(7): the limits of instances, and of watches.
    if (error == EMFILE) return "raise fs.inotify.max_user_instances (sysctl) and start operatord again";
    if (error == ENOSPC) return "raise fs.inotify.max_user_watches (sysctl) and start operatord again";
    return "see that its folders can be read";
}

}  // namespace

std::vector<watch_point> watch_points(const fs::path& file) { return walk(file).points(); }

file_watch::file_watch(const asio::any_io_executor& executor, fs::path file, std::function<void()> changed,
                       spdlog::logger& log)
    : file_(std::move(file)),
      changed_(std::move(changed)),
      log_(log),
      queue_(executor),
      tasks_(executor, [this](const std::exception_ptr& error) { log_bug(log_, "the watch of the file", error); }) {}

bool file_watch::open() {
    const int descriptor = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (descriptor < 0) {
        warn(errno);
        return false;
    }
    boost::system::error_code failed;
    queue_.assign(descriptor, failed);
    if (failed) {
        ::close(descriptor);
        warn(failed.value());
    }
    return !failed;
}

void file_watch::warn(int error) {
    if (std::exchange(warned_, true)) return;
    log_.warn("cannot watch {}: {}; after a change by hand, send SIGHUP to operatord; {}", file_.string(),
              std::generic_category().message(error), remedy(error));
}

file_watch::names_by_watch file_watch::add_watches() {
    names_by_watch added;
    std::vector<watch_point> points = watch_points(file_);
    if (!file_.has_filename()) points.push_back({file_, std::string(any_name)});
    for (const watch_point& point : points) {
        const int watch = ::inotify_add_watch(queue_.native_handle(), point.folder.c_str(), interesting);
        if (watch >= 0)
            added[watch].insert(point.name);
        else if (errno != ENOENT && errno != ENOTDIR)  // gone since we have looked: the next pass will see it
            warn(errno);
    }
    return added;
}

/// Watches what decides on the text now. What was made before its watch was there is found by looking again, until
/// nothing has changed in between.
void file_watch::arm() {
    for (int pass = 0; pass != most_passes; ++pass) {
        names_by_watch now = add_watches();
        for (const auto& [watch, names] : watches_)
            if (!now.contains(watch)) ::inotify_rm_watch(queue_.native_handle(), watch);
        if (now == watches_) return;
        watches_ = std::move(now);
    }
    seen_ = true;  // it is looked at again after a pause
}

/// Whether one of the events is about one of the names, or about a watched folder itself, or says that events were
/// lost.
bool file_watch::concerns_us(std::string_view events) const {
    while (events.size() >= sizeof(inotify_event)) {
        inotify_event event{};
        std::memcpy(&event, events.data(), sizeof event);
        events.remove_prefix(sizeof event);
        const std::string_view padded = events.substr(0, event.len);
        events.remove_prefix(padded.size());
        const std::string_view name = padded.substr(0, padded.find('\0'));
        const auto found = watches_.find(event.wd);
        const bool counts = found != watches_.end() &&
                            (name.empty() || found->second.contains(name) || found->second.contains(any_name));
        if (counts || (event.mask & IN_Q_OVERFLOW) != 0) return true;
    }
    return false;
}

asio::awaitable<void> file_watch::read_events() {
    alignas(inotify_event) std::array<char, 16384> space;
    while (!stopped_) {
        const auto [failed, size] = co_await queue_.async_read_some(asio::buffer(space), await);
        if (failed == asio::error::operation_aborted) co_return;
        if (failed) {
            warn(failed.value());
            co_await begin_anew();
            continue;
        }
        if (!concerns_us(std::string_view(space.data(), size))) continue;
        seen_ = true;
        happened_.notify_all();
    }
}

/// What has changed since the last event is not known: so it is told as a change.
asio::awaitable<void> file_watch::begin_anew() {
    bool is_open = false;
    while (!is_open && !stopped_) {
        asio::steady_timer pause(queue_.get_executor(), pause_after_failure);
        co_await pause.async_wait(await);
        boost::system::error_code ignored;
        queue_.close(ignored);
        watches_.clear();
        is_open = open();
    }
    seen_ = true;
    happened_.notify_all();
}

asio::awaitable<void> file_watch::tell_changes() {
    while (!stopped_) {
        if (!seen_) co_await happened_.wait_until(steady_clock::time_point::max());
        if (!seen_) continue;
        const auto limit = steady_clock::now() + longest_storm;
        while (std::exchange(seen_, false)) {
            const auto quiet = std::min(steady_clock::now() + quiet_time, limit);
            co_await happened_.wait_until(quiet);
            if (quiet == limit) break;
        }
        if (stopped_) co_return;
        seen_ = false;
        arm();
        changed_();
    }
}

void file_watch::start() {
    if (!open()) return;
    arm();
    tasks_.spawn(read_events());
    tasks_.spawn(tell_changes());
}

void file_watch::stop() {
    stopped_ = true;
    tasks_.cancel();
}

asio::awaitable<void> file_watch::join() { co_await tasks_.join(); }

}  // namespace opd::loop
