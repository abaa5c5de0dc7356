#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace opd::test {

/// One of our programs, running. It gets exactly the environment given, /dev/null as input, and of the descriptors of
/// this process only those that are handed to it. Its outputs are collected. It is killed and waited for when the
/// object goes, or when this thread dies.
class process {
public:
    using environment = std::map<std::string, std::string>;

    /// `argv[0]` is the path of the program; PATH is not searched. Throws std::system_error if it cannot be started.
    /// `handed_over` become its descriptors 3, 4 ... and stay ours, too.
    explicit process(const std::vector<std::string>& argv, const environment& = {},
                     const std::vector<int>& handed_over = {});
    ~process();
    process(const process&) = delete;
    process& operator=(const process&) = delete;

    pid_t pid() const;

    /// The first line of either output that contains `text`, whole and without its line break; nullopt if there is none
    /// and the program has ended or `patience` has passed.
    std::optional<std::string> wait_for_line(std::string_view text,
                                             std::chrono::milliseconds patience = std::chrono::seconds(30)) const;
    /// The exit code, or 128 + the number of the signal that ended it; nullopt: still running after `patience`.
    std::optional<int> wait_for_exit(std::chrono::milliseconds patience = std::chrono::seconds(30)) const;
    /// Does nothing if the program has ended.
    void send_signal(int number) const;

    std::string standard_output() const;  ///< so far; all of it after wait_for_exit()
    std::string standard_error() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace opd::test
