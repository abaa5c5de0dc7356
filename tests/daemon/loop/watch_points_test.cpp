#include "daemon/loop/file_watch.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <vector>

using namespace opd;
using namespace opd::loop;
using namespace opd::test;
namespace fs = std::filesystem;

namespace {

using lines = std::vector<std::string>;

std::vector<std::string> points_of(const fs::path& file, const fs::path& below) {
    std::vector<std::string> shown;
    for (const watch_point& point : watch_points(file))
        shown.push_back(fmt::format("{} in {}", point.name, point.folder.lexically_relative(below).string()));
    return shown;
}

}  // namespace

TEST_CASE("a file is watched in its folder, and the folder in the one above") {
    const temp_folder folder;
    const fs::path root = folder.path();
    folder.write("config/operator/operator.toml", "");
    CHECK(points_of(root / "config/operator/operator.toml", root) ==
          lines{"operator.toml in config/operator", "operator in config"});
    CHECK(points_of(root / "config/./operator/../operator//operator.toml", root) ==
          lines{"operator.toml in config/operator", "operator in config"});
    CHECK(points_of(root / "config/operator/missing.toml", root) ==
          lines{"missing.toml in config/operator", "operator in config"});
}

TEST_CASE("where folders are missing, the last one that is there is watched") {
    const temp_folder folder;
    const fs::path root = folder.path();
    fs::create_directories(root / "config");
    CHECK(points_of(root / "config/operator/operator.toml", root) == lines{"operator in config", "config in ."});
    CHECK(points_of(root / "config/a/b/c/../operator.toml", root) == lines{"a in config", "config in ."});
    folder.write("config/file", "");
    CHECK(points_of(root / "config/file/operator.toml", root) == lines{"file in config", "config in ."});
    CHECK(watch_points("/") == std::vector<watch_point>{});
    CHECK(watch_points("/no-such-name") == std::vector<watch_point>{{"/", "no-such-name"}});
    CHECK(watch_points("/no-such-name/below") == std::vector<watch_point>{{"/", "no-such-name"}});
}

TEST_CASE("every symbolic link on the way is watched, of folders too") {
    const temp_folder folder;
    const fs::path root = folder.path();
    folder.write("dotfiles/operator/real.toml", "");
    fs::create_directories(root / "config");
    fs::create_directories(root / "links");
    fs::create_directory_symlink("../dotfiles/operator", root / "config/operator");
    fs::create_symlink(root / "links/second", root / "dotfiles/operator/operator.toml");
    fs::create_symlink("../config/operator/real.toml", root / "links/second");
    CHECK(points_of(root / "config/operator/operator.toml", root) ==
          lines{"operator in config", "operator.toml in dotfiles/operator", "second in links",
                "real.toml in dotfiles/operator", "operator in dotfiles"});

    fs::create_symlink("../missing/operator.toml", root / "links/dangling");
    CHECK(points_of(root / "links/dangling", root) ==
          lines{"dangling in links", "missing in .", fmt::format("{} in ..", root.filename().string())});
    fs::create_symlink("circle", root / "links/circle");
    CHECK(points_of(root / "links/circle", root) == lines{"circle in links", "links in ."});
}

TEST_CASE("a relative path counts from the current folder") {
    const temp_folder folder;
    const fs::path before = fs::current_path();
    fs::current_path(folder.path());
    const auto points = watch_points("operator.toml");
    fs::current_path(before);
    CHECK(points == watch_points(folder.path() / "operator.toml"));
}
