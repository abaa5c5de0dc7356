#pragma once

#include "client/commands/common.hpp"
#include "tests/support/temp_folder.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace opd::test {

/// A user with a home, a systemd user manager that is only a few scripts, and an operatord beside operatorctl. The
/// scripts write down how they were called.
class fake_user {
public:
    fake_user() {
        script("bin/operatord", "echo operatord 0.1.0");
        script("path/systemctl",
               "if [ \"$2\" = show ]; then cat \"$HOME/units\"; exit; fi\n"
               "echo \"systemctl $*\" >>\"$HOME/calls\"\n"
               "if [ \"$2\" = \"$(cat \"$HOME/failing\" 2>/dev/null)\" ]; then\n"
               "  echo 'Unit is odd.' >&2; exit 5\nfi");
        script("path/loginctl", "echo ${LINGER:-no}");
        script("path/journalctl", "exit 0");
        folder.write("run/systemd/private", "");
        folder.write("units", "");
    }

    void script(const std::filesystem::path& name, const std::string& text) const {
        std::filesystem::permissions(folder.write(name, "#!/bin/sh\n" + text + "\n"),
                                     std::filesystem::perms::owner_all);
    }

    outcome run(const command::any& what, bool json = false) const {
        const command_context context{.ask =
                                          [this](std::span<const daemon_request> asked, std::chrono::milliseconds) {
                                              const daemon_reply none = connection_failure{
                                                  .why = connection_failure::reason::not_there, .detail = "nobody"};
                                              const daemon_reply some =
                                                  daemon_answer{.status = 200, .body = "{}", .etag = {}};
                                              return std::vector<daemon_reply>(asked.size(), daemon_runs ? some : none);
                                          },
                                      .address = path("run/operator/operatord.sock"),
                                      .environment = environment,
                                      .json = json,
                                      .colour = false,
                                      .now = {},
                                      .program = path("bin/operatorctl"),
                                      .socket_path = path("run/operator/operatord.sock")};
        return run_command(what, context);
    }

    std::string path(std::string_view name) const { return (folder.path() / name).string(); }

    /// Empty where there is no such file.
    std::string text(std::string_view name) const {
        std::ifstream file(folder.path() / name);
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }

    /// With this folder's name as `~`, so that it can be compared.
    std::string readable(std::string text) const {
        const std::string home = folder.path().string();
        for (std::size_t at = text.find(home); at != text.npos; at = text.find(home, at))
            text.replace(at, home.size(), "~");
        return text;
    }

    void unset(std::string_view name) {
        std::erase_if(environment, [name](const std::string& one) { return one.starts_with(std::string(name) + '='); });
    }

    bool daemon_runs = false;
    temp_folder folder;
    std::vector<std::string> environment{"HOME=" + folder.path().string(), "PATH=" + path("path") + ":/usr/bin:/bin",
                                         "XDG_RUNTIME_DIR=" + path("run"), "XDG_DATA_DIRS=" + path("data")};
};

}  // namespace opd::test
