#include "daemon/tools/installed_tools.hpp"

#include "config/base/utf8.hpp"
#include "daemon/loop/event.hpp"
#include "daemon/loop/log.hpp"
#include "daemon/loop/task_group.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include <sys/stat.h>

namespace asio = boost::asio;
namespace fs = std::filesystem;
using std::chrono::steady_clock;

namespace opd::tools {
namespace {

constexpr const char* version_option = "--version";

/// Which file a program is. npm gives every file the same time of modification, so the time of the last change counts
/// (inode(7)): nobody can set that.
struct file_identity {
    fs::path file;  ///< without links
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    time_t changed = 0;
    long changed_ns = 0;

    bool operator==(const file_identity&) const = default;
};

std::optional<file_identity> identity_of(const fs::path& program) {
    std::error_code failed;
    const fs::path file = fs::canonical(program, failed);
    struct stat found{};
    if (failed || ::stat(file.c_str(), &found) != 0) return std::nullopt;
    return file_identity{.file = file,
                         .device = found.st_dev,
                         .inode = found.st_ino,
                         .size = found.st_size,
                         .changed = found.st_ctim.tv_sec,
                         .changed_ns = found.st_ctim.tv_nsec};
}

/// What a program was asked, and what it said.
struct inquiry {
    explicit inquiry(file_identity of) : program(std::move(of)), started(steady_clock::now()) {}

    file_identity program;
    steady_clock::time_point started;
    steady_clock::time_point ended = steady_clock::time_point::max();  ///< max: it runs
    std::string version;
    std::string error;         ///< why there is no version
    std::string error_before;  ///< of the inquiry before this one

    bool runs() const { return ended == steady_clock::time_point::max(); }
};

/// A tool's program, and which file that was when it was looked for.
struct sighting {
    const llm_tool* tool;
    fs::path path;
    std::optional<file_identity> identity;  ///< nullopt: it was gone at once
};

struct survey {
    std::vector<fs::path> folders;
    std::vector<sighting> programs;  ///< in the order of the table
};

survey survey_of(const program_places& places) {
    survey seen{.folders = program_folders(places), .programs = {}};
    for (const llm_tool& tool : llm_tools()) {
        if (auto program = find_program(tool.name, seen.folders)) {
            auto identity = identity_of(*program);
            seen.programs.push_back({.tool = &tool, .path = *std::move(program), .identity = std::move(identity)});
        }
    }
    return seen;
}

std::string pending_text(const fs::path& program) {
    return legible(fmt::format("{} {} has not answered yet; ask again", program.string(), version_option));
}

std::vector<std::string> environment_for(const llm_tool& tool, const fs::path& program,
                                         std::span<const fs::path> folders, const fs::path& home) {
    // A tool that is a script of node finds the node beside it.
    std::string path = "PATH=" + program.parent_path().string();
    for (const fs::path& folder : folders) path += ":" + folder.string();
    std::vector<std::string> variables{std::move(path), "LANG=C", "TERM=dumb"};
    variables.insert(variables.end(), tool.version_env.begin(), tool.version_env.end());
    if (!home.empty()) variables.push_back("HOME=" + home.string());
    return variables;
}

}  // namespace

std::optional<bool> found_tool::version_ok() const { return is_at_least(version, tool->min_version); }

struct installed_tools::impl {
    impl(const asio::any_io_executor& executor, loop::worker_threads& threads, tool_settings asked,
         spdlog::logger& logger)
        : settings(std::move(asked)),
          workers(threads),
          log(logger),
          tasks(executor, [this](const std::exception_ptr& error) {
              loop::log_bug(log, "the look-up of a tool's version", error);
          }) {}

    std::shared_ptr<inquiry> inquiry_of(const sighting&) const;
    bool is_due(const inquiry*) const;
    bool is_awaited(const inquiry&) const;
    found_tool describe(const sighting&) const;
    std::shared_ptr<inquiry> inquire(const sighting&);
    asio::awaitable<void> run(program_call call, std::shared_ptr<inquiry> asked);

    tool_settings settings;
    loop::worker_threads& workers;
    spdlog::logger& log;
    survey seen;  ///< by the last look
    std::optional<steady_clock::time_point> looked;
    std::map<fs::path, std::shared_ptr<inquiry>> inquiries;  ///< the newest of each program
    loop::event ended;
    bool stopped = false;
    loop::task_group tasks;
};

/// Null: it was not asked as it is now.
std::shared_ptr<inquiry> installed_tools::impl::inquiry_of(const sighting& program) const {
    const auto found = inquiries.find(program.path);
    const bool same = found != inquiries.end() && program.identity == found->second->program;
    return same ? found->second : nullptr;
}

/// Whether it is worth asking, or asking again.
bool installed_tools::impl::is_due(const inquiry* known) const {
    if (known == nullptr) return true;
    if (known->runs() || known->error.empty()) return false;
    return steady_clock::now() - known->ended >= settings.pause;
}

bool installed_tools::impl::is_awaited(const inquiry& asked) const {
    return asked.runs() && steady_clock::now() < asked.started + settings.wait;
}

found_tool installed_tools::impl::describe(const sighting& program) const {
    found_tool found{.tool = program.tool, .path = program.path, .version = {}, .version_error = {}};
    if (const auto known = inquiry_of(program)) {
        found.version = known->version;
        found.version_error = known->runs() ? pending_text(found.path) : known->error;
    }
    return found;
}

/// Null: the program is gone.
std::shared_ptr<inquiry> installed_tools::impl::inquire(const sighting& program) {
    const auto known = inquiry_of(program);
    if (!is_due(known.get())) return known;
    if (!program.identity) return nullptr;
    auto asked = std::make_shared<inquiry>(*program.identity);
    if (known) asked->error_before = known->error;
    inquiries[program.path] = asked;
    tasks.spawn(run({.file = program.path,
                     .arguments = {version_option},
                     .environment = environment_for(*program.tool, program.path, seen.folders, settings.places.home)},
                    asked));
    return asked;
}

asio::awaitable<void> installed_tools::impl::run(program_call call, std::shared_ptr<inquiry> asked) {
    const std::string program = legible(call.file.string());
    const auto said = co_await loop::run_program(std::move(call), settings.limits);
    if (said) asked->version = find_version(*said).value_or(std::string());
    if (asked->version.empty()) {
        const std::string what =
            said ? fmt::format("{} {} did not print a version", program, version_option) : said.error().message;
        asked->error = what + "; run it in a terminal to see why";
    }
    asked->ended = steady_clock::now();
    ended.notify_all();
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(asked->ended - asked->started);
    if (asked->error.empty())
        log.debug("{} is version {}; it took {} ms to say so", program, asked->version, took.count());
    else if (asked->error != asked->error_before && !stopped)
        log.warn("{}", asked->error);
}

installed_tools::installed_tools(asio::any_io_executor executor, loop::worker_threads& workers, tool_settings settings,
                                 spdlog::logger& log)
    : impl_(std::make_unique<impl>(executor, workers, std::move(settings), log)) {}

installed_tools::~installed_tools() = default;

asio::awaitable<void> installed_tools::look() {
    const auto walk = [places = impl_->settings.places] { return survey_of(places); };
    impl_->seen = co_await impl_->workers.run(walk);
    impl_->looked = steady_clock::now();
}

std::vector<found_tool> installed_tools::find() const {
    std::vector<found_tool> found;
    for (const sighting& one : impl_->seen.programs) found.push_back(impl_->describe(one));
    return found;
}

std::optional<found_tool> installed_tools::find(const llm_tool& tool) const {
    const auto found = std::ranges::find(impl_->seen.programs, &tool, &sighting::tool);
    if (found == impl_->seen.programs.end()) return std::nullopt;
    return impl_->describe(*found);
}

asio::awaitable<std::string> installed_tools::version_of(const llm_tool& tool, std::chrono::milliseconds patience) {
    if (!impl_->looked || steady_clock::now() - *impl_->looked >= impl_->settings.fresh) co_await look();
    const auto found = std::ranges::find(impl_->seen.programs, &tool, &sighting::tool);
    if (impl_->stopped || found == impl_->seen.programs.end()) co_return std::string();
    const std::shared_ptr<inquiry> asked = impl_->inquire(*found);
    if (!asked) co_return std::string();
    const auto until = std::min(steady_clock::now() + patience, asked->started + impl_->settings.wait);
    while (asked->runs() && steady_clock::now() < until) co_await impl_->ended.wait_until(until);
    co_return asked->version;
}

asio::awaitable<void> installed_tools::learn_versions() {
    co_await look();
    if (impl_->stopped) co_return;
    std::vector<std::shared_ptr<inquiry>> inquiries;
    for (const sighting& one : impl_->seen.programs)
        if (auto asked = impl_->inquire(one)) inquiries.push_back(std::move(asked));
    for (const auto& asked : inquiries)
        while (impl_->is_awaited(*asked)) co_await impl_->ended.wait_until(asked->started + impl_->settings.wait);
}

void installed_tools::stop() {
    impl_->stopped = true;
    impl_->tasks.cancel();
}

asio::awaitable<void> installed_tools::join() { co_await impl_->tasks.join(); }

}  // namespace opd::tools
