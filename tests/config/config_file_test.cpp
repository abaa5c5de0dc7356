#include "config/config.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

namespace opd {
namespace {

namespace fs = std::filesystem;

class fresh_folder {
public:
    fresh_folder() {
        std::string pattern = (fs::temp_directory_path() / "opd-config-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = pattern;
    }

    fresh_folder(const fresh_folder&) = delete;
    fresh_folder& operator=(const fresh_folder&) = delete;

    ~fresh_folder() { fs::remove_all(path_); }

    fs::path write(const std::string& name, const std::string& content) const {
        std::ofstream(path_ / name, std::ios::binary) << content;
        return path_ / name;
    }

    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

/// Root may read everything: within this scope the program is nobody.
class without_privileges {
public:
    without_privileges() : self_(::geteuid()) {
        if (self_ == 0 && ::seteuid(65534) != 0) throw std::runtime_error("cannot give up root");
    }

    without_privileges(const without_privileges&) = delete;
    without_privileges& operator=(const without_privileges&) = delete;

    ~without_privileges() {
        if (::geteuid() != self_ && ::seteuid(self_) != 0) std::abort();
    }

private:
    uid_t self_;
};

std::string error_about(const fs::path& file) {
    const auto loaded = load_config(file);
    if (loaded) return {};
    CHECK(loaded.error().line == 0);
    CHECK(loaded.error().column == 0);
    return loaded.error().text();
}

}  // namespace

TEST_CASE("a configuration is read from its file") {
    const fresh_folder folder;
    const auto loaded = load_config(folder.write("operator.toml", "[rest_api]\nport = 7\nprt = 8\n"));
    REQUIRE(loaded.has_value());
    CHECK(loaded->values.rest_api.port == 7);
    REQUIRE(loaded->warnings.size() == 1);
    CHECK(loaded->warnings[0].headline() ==
          (folder.path() / "operator.toml").string() + ":3:1: unknown key \"prt\" in [rest_api]");
}

TEST_CASE("a missing file, or folder, is the defaults") {
    const fresh_folder folder;
    for (const fs::path& file : {folder.path() / "operator.toml", folder.path() / "no" / "operator.toml"}) {
        const auto loaded = load_config(file);
        REQUIRE(loaded.has_value());
        CHECK(loaded->values.rest_api.port == 7008);
        CHECK(loaded->warnings.empty());
    }
}

TEST_CASE("a file is followed through symbolic links") {
    const fresh_folder folder;
    fs::create_symlink(folder.write("real.toml", "[rest_api]\nport = 7\n"), folder.path() / "link.toml");
    const auto loaded = load_config(folder.path() / "link.toml");
    REQUIRE(loaded.has_value());
    CHECK(loaded->values.rest_api.port == 7);
}

TEST_CASE("what is not a file is refused at once") {
    const fresh_folder folder;
    CHECK(error_about(folder.path()) ==
          folder.path().string() + ": is a folder, not a file\n   name a file with --config FILE");
    const fs::path pipe = folder.path() / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(error_about(pipe) == pipe.string() + ": is a named pipe, not a file\n   name a file with --config FILE");
    CHECK(error_about("/dev/zero") == "/dev/zero: is a device, not a file\n   name a file with --config FILE");
}

TEST_CASE("a file that cannot be opened is refused with the remedy") {
    const fresh_folder folder;
    const fs::path loop = folder.path() / "loop";
    fs::create_symlink(loop, loop);
    CHECK(error_about(loop) == loop.string() +
                                   ": cannot be read: Too many levels of symbolic links\n"
                                   "   the symbolic links lead in a circle: remove one of them");
    const fs::path below = folder.write("file", "") / "operator.toml";
    CHECK(error_about(below) == below.string() +
                                    ": cannot be read: Not a directory\n"
                                    "   check the path, or name another file with --config FILE");
}

TEST_CASE("a file without permission is refused with the remedy") {
    const fresh_folder folder;
    const fs::path file = folder.write("operator.toml", "");
    fs::permissions(file, fs::perms::none);
    const without_privileges ordinary_user;
    CHECK(error_about(file) == file.string() +
                                   ": cannot be read: Permission denied\n"
                                   "   make it and its folder readable for this user: chmod u+r " +
                                   file.string());
}

TEST_CASE("a file over 1 MiB is refused, one of exactly 1 MiB is not") {
    const fresh_folder folder;
    CHECK(load_config(folder.write("fits", std::string(max_config_bytes, '\n'))).has_value());
    const fs::path file = folder.write("large", std::string(max_config_bytes + 1, '\n'));
    CHECK(error_about(file) == file.string() +
                                   ": the file has more than 1048576 bytes\n"
                                   "   keep it under 1 MiB: is it a configuration at all?");
    const auto text = parse_config(std::string(max_config_bytes + 1, '\n'), "f");
    REQUIRE_FALSE(text.has_value());
    CHECK(text.error().headline() == "f: the file has 1048577 bytes, more than 1048576");
}

}  // namespace opd
