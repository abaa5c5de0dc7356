// What a disk can do to a write.

#include "tests/e2e/rest.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace opd::test;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view declared = R"(# mine
[[model_servers]]
name = "a"
kind = "lmstudio"
probe = "never"
)";

/// A file system of 64 KiB of its own; not there where this user may not mount.
class small_disk {
public:
    small_disk() : mounted_(::mount("none", folder_.path().c_str(), "tmpfs", 0, "size=64k") == 0) {}

    ~small_disk() {
        if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
    }

    small_disk(const small_disk&) = delete;
    small_disk& operator=(const small_disk&) = delete;

    bool mounted() const { return mounted_; }

    const fs::path& path() const { return folder_.path(); }

    fs::path config_file() const { return folder_.write("operator/operator.toml", declared); }

    void fill() const {
        const int filler = ::open((folder_.path() / "filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        const std::string block(4096, 'x');
        while (::write(filler, block.data(), block.size()) > 0) {
        }
        ::close(filler);
    }

    void free() const { fs::remove(folder_.path() / "filler"); }

    bool make_read_only(bool read_only) const {
        return ::mount("none", folder_.path().c_str(), "tmpfs", MS_REMOUNT | (read_only ? MS_RDONLY : 0), "size=64k") ==
               0;
    }

private:
    temp_folder folder_;
    bool mounted_;
};

std::vector<std::string> files_below(const fs::path& folder) {
    std::vector<std::string> names;
    if (!fs::exists(folder)) return names;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) names.push_back(fs::relative(entry.path(), folder).string());
    return names;
}

/// Every way to change something, each of them refused with a 500 that names the reason.
void check_refused(rest_client& client, std::string_view reason) {
    const boost::json::object delegator{{"name", "d"}, {"llm_tool", "codex"}, {"model", "m"}};
    for (const rest_answer& answer :
         {client.post("/model-servers", simple_server("b")), client.put("/model-servers/a", simple_server("a")),
          client.remove("/model-servers/a"), client.post("/delegators", delegator)}) {
        CAPTURE(answer.http.body);
        CHECK(answer.status() == 500);
        CHECK(answer.error() == "internal_error");
        CHECK(answer.message().find(reason) != std::string::npos);
        CHECK(answer.message().find("operator.toml") != std::string::npos);
    }
}

}  // namespace

TEST_CASE("on a full disk a write is refused and nothing changes; with room again it succeeds") {
    const small_disk disk;
    if (!disk.mounted()) {
        MESSAGE("skipped: mounting a small tmpfs needs root");
        return;
    }
    const fs::path file = disk.config_file();
    const auto daemon = running_daemon::on_file(file);
    rest_client client(daemon.local());
    const auto before = client.get("/model-servers").json;
    disk.fill();
    check_refused(client, "No space left on device");
    CHECK(read_file(file) == declared);
    CHECK(client.get("/model-servers").json == before);
    CHECK(client.get("/delegators").json.at("total") == 0);
    CHECK(files_below(file.parent_path()) == std::vector<std::string>{"operator.toml"});
    disk.free();
    CHECK(client.post("/model-servers", simple_server("b")).status() == 201);
    CHECK(client.get("/model-servers/b").status() == 200);
    CHECK(read_file(file).starts_with(declared));
    CHECK(check_config(file) == 0);
}

TEST_CASE("on a disk that became read-only a write is refused and nothing changes") {
    const small_disk disk;
    if (!disk.mounted()) {
        MESSAGE("skipped: mounting a small tmpfs needs root");
        return;
    }
    const fs::path file = disk.config_file();
    const auto daemon = running_daemon::on_file(file);
    rest_client client(daemon.local());
    REQUIRE(disk.make_read_only(true));
    check_refused(client, "Read-only file system");
    CHECK(client.get("/model-servers").json.at("total") == 4);
    REQUIRE(disk.make_read_only(false));
    CHECK(client.remove("/model-servers/a").status() == 200);
    CHECK(read_file(file) == "# mine\n");
}

TEST_CASE("a file that is marked as read-only is left alone") {
    const running_daemon daemon(declared);
    rest_client client(daemon.local());
    fs::permissions(daemon.config_file(), fs::perms(0444));
    check_refused(client, "read-only");
    CHECK(read_file(daemon.config_file()) == declared);
    CHECK(fs::status(daemon.config_file()).permissions() == fs::perms(0444));
    fs::permissions(daemon.config_file(), fs::perms(0644));
    CHECK(client.post("/model-servers", simple_server("b")).status() == 201);
    CHECK(fs::status(daemon.config_file()).permissions() == fs::perms(0644));
}

TEST_CASE("owner and mode of the file are kept") {
    if (::geteuid() != 0) {
        MESSAGE("skipped: giving a file to another user needs root");
        return;
    }
    const running_daemon daemon(declared);
    rest_client client(daemon.local());
    REQUIRE(::chown(daemon.config_file().c_str(), 12345, 54321) == 0);
    fs::permissions(daemon.config_file(), fs::perms(0664));
    CHECK(client.post("/model-servers", simple_server("b")).status() == 201);
    struct stat now{};
    REQUIRE(::stat(daemon.config_file().c_str(), &now) == 0);
    CHECK(now.st_uid == 12345);
    CHECK(now.st_gid == 54321);
    CHECK((now.st_mode & 07777) == 0664);
}

TEST_CASE("the first write of a day leaves a backup beside the state, later ones do not") {
    running_daemon daemon(declared);
    const fs::path state = daemon.home() / ".local/state/operator";
    rest_client client(daemon.local());
    CHECK(files_below(state).empty());
    CHECK(client.post("/model-servers", simple_server("b")).status() == 201);
    const auto kept = files_below(state);
    REQUIRE(kept.size() == 1);
    const fs::path backup = state / kept[0];
    CHECK(read_file(backup) == declared);
    CHECK(fs::status(backup).permissions() == fs::perms(0600));
    CHECK(client.post("/model-servers", simple_server("c")).status() == 201);
    daemon.program().send_signal(SIGKILL);
    CHECK(daemon.program().wait_for_exit().has_value());
    daemon.start();
    rest_client again(daemon.local());
    CHECK(again.remove("/model-servers/c").status() == 200);
    // Around midnight there may be one of the next day.
    CHECK(read_file(backup) == declared);
    CHECK(files_below(state).size() <= 2);
}

TEST_CASE("where no backup can be kept, writes go on") {
    const running_daemon daemon(declared);
    std::ofstream(daemon.home() / ".local") << "in the way";
    rest_client client(daemon.local());
    CHECK(client.post("/model-servers", simple_server("b")).status() == 201);
}

TEST_CASE("a limit on the size of files is an error of the write, not the end of the daemon") {
    running_daemon daemon(declared);
    rest_client client(daemon.local());
    const rlimit small{.rlim_cur = 4, .rlim_max = RLIM_INFINITY};
    REQUIRE(::prlimit(daemon.program().pid(), RLIMIT_FSIZE, &small, nullptr) == 0);
    check_refused(client, "File too large");
    const rlimit none{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    REQUIRE(::prlimit(daemon.program().pid(), RLIMIT_FSIZE, &none, nullptr) == 0);
    CHECK(read_file(daemon.config_file()) == declared);
    CHECK(client.post("/model-servers", simple_server("b")).status() == 201);
}
