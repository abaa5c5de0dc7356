#include "daemon/installed_tools.hpp"

#include "config/utf8.hpp"
#include "daemon/event.hpp"
#include "daemon/log.hpp"
#include "daemon/task_group.hpp"
#include "daemon/version_number.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <span>
#include <system_error>
#include <utility>

#include <sys/stat.h>

namespace asio = boost::asio;
namespace fs = std::filesystem;
using std::chrono::steady_clock;

namespace opd {
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

std::vector<found_tool> programs_in(std::span<const fs::path> folders) {
    std::vector<found_tool> found;
    for (const llm_tool& tool : llm_tools()) {
        if (auto program = find_program(tool.name, folders))
            found.push_back({.tool = &tool, .path = *std::move(program), .version = {}, .version_error = {}});
    }
    return found;
}

std::string pending_text(const fs::path& program) {
    return legible(fmt::format("{} {} has not answered yet; ask again", program.string(), version_option));
}

std::vector<std::string> environment_for(const llm_tool& tool, const fs::path& program,
                                         std::span<const fs::path> folders, const fs::path& home) {
    // A tool that is a script of node finds the node beside it.
    std::string path = "PATH=" + program.parent_path().string();
    for (const fs::path& folder : folders)
        path += ":" + folder.string();
    std::vector<std::string> variables{std::move(path), "LANG=C", "TERM=dumb"};
    variables.insert(variables.end(), tool.version_env.begin(), tool.version_env.end());
    if (!home.empty()) variables.push_back("HOME=" + home.string());
    return variables;
}

}  // namespace

std::optional<bool> found_tool::version_ok() const {
    return is_at_least(version, tool->min_version);
}

struct installed_tools::impl {
    impl(const asio::any_io_executor& executor, tool_settings asked, spdlog::logger& logger)
        : settings(std::move(asked)), log(logger), tasks(executor, [this](const std::exception_ptr& error) {
              log_bug(log, "the look-up of a tool's version", error);
          }) {}

    std::shared_ptr<inquiry> inquiry_of(const fs::path& program) const;
    bool is_due(const inquiry*) const;
    bool is_awaited(const inquiry&) const;
    void describe(found_tool&) const;
    std::shared_ptr<inquiry> inquire(const found_tool&, std::span<const fs::path> folders);
    asio::awaitable<void> run(program_call call, std::shared_ptr<inquiry> asked);

    tool_settings settings;
    spdlog::logger& log;
    std::map<fs::path, std::shared_ptr<inquiry>> inquiries;  ///< the newest of each program
    event ended;
    bool stopped = false;
    task_group tasks;
};

/// Null: it was not asked as it is now.
std::shared_ptr<inquiry> installed_tools::impl::inquiry_of(const fs::path& program) const {
    const auto found = inquiries.find(program);
    const bool same = found != inquiries.end() && identity_of(program) == found->second->program;
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

void installed_tools::impl::describe(found_tool& found) const {
    const auto known = inquiry_of(found.path);
    if (!known) return;
    found.version = known->version;
    found.version_error = known->runs() ? pending_text(found.path) : known->error;
}

/// Null: the program is gone.
std::shared_ptr<inquiry> installed_tools::impl::inquire(const found_tool& found, std::span<const fs::path> folders) {
    const fs::path& program = found.path;
    const auto known = inquiry_of(program);
    if (!is_due(known.get())) return known;
    auto identity = identity_of(program);
    if (!identity) return nullptr;
    auto asked = std::make_shared<inquiry>(*std::move(identity));
    if (known) asked->error_before = known->error;
    inquiries[program] = asked;
    tasks.spawn(run({.file = program,
                     .arguments = {version_option},
                     .environment = environment_for(*found.tool, program, folders, settings.places.home)},
                    asked));
    return asked;
}

asio::awaitable<void> installed_tools::impl::run(program_call call, std::shared_ptr<inquiry> asked) {
    const std::string program = legible(call.file.string());
    const auto said = co_await run_program(std::move(call), settings.limits);
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

installed_tools::installed_tools(asio::any_io_executor executor, tool_settings settings, spdlog::logger& log)
    : impl_(std::make_unique<impl>(executor, std::move(settings), log)) {}

installed_tools::~installed_tools() = default;

std::vector<found_tool> installed_tools::find() const {
    auto found = programs_in(program_folders(impl_->settings.places));
    for (found_tool& one : found)
        impl_->describe(one);
    return found;
}

std::optional<found_tool> installed_tools::find(const llm_tool& tool) const {
    auto program = find_program(tool.name, program_folders(impl_->settings.places));
    if (!program) return std::nullopt;
    found_tool found{.tool = &tool, .path = *std::move(program), .version = {}, .version_error = {}};
    impl_->describe(found);
    return found;
}

bool installed_tools::is_learning_due() const {
    if (impl_->stopped) return false;
    return std::ranges::any_of(programs_in(program_folders(impl_->settings.places)), [&](const found_tool& one) {
        const auto known = impl_->inquiry_of(one.path);
        return impl_->is_due(known.get()) || impl_->is_awaited(*known);
    });
}

asio::awaitable<void> installed_tools::learn_versions() {
    if (impl_->stopped) co_return;
    const auto folders = program_folders(impl_->settings.places);
    std::vector<std::shared_ptr<inquiry>> inquiries;
    for (const found_tool& one : programs_in(folders)) {
        if (auto asked = impl_->inquire(one, folders)) inquiries.push_back(std::move(asked));
    }
    for (const auto& asked : inquiries) {
        while (impl_->is_awaited(*asked))
            co_await impl_->ended.wait_until(asked->started + impl_->settings.wait);
    }
}

void installed_tools::stop() {
    impl_->stopped = true;
    impl_->tasks.cancel();
}

asio::awaitable<void> installed_tools::join() {
    co_await impl_->tasks.join();
}

}  // namespace opd
