#pragma once

#include "config/base/file_handle.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace opd {

/// A file that may be executed, links followed.
bool is_program(const std::filesystem::path&);

/// The texts as execve(2) takes them, which points into them.
std::vector<char*> c_strings(std::vector<std::string>& texts);

/// A program to be run without a shell. It gets nothing of ours: no input, no descriptors, no signals blocked or
/// ignored, no environment but this one.
struct program_call {
    std::filesystem::path file;
    std::vector<std::string> arguments;    ///< behind its name
    std::vector<std::string> environment;  ///< `NAME=VALUE`, all that it gets
    const char* folder = nullptr;          ///< where it starts; null: where we are
};

/// How a program has ended.
struct program_end {
    int signal = 0;  ///< not 0: what has ended it
    int exit_code = 0;
    std::string out;
    std::string err;
};

/// A program that runs, the first in a process group of its own, and what it prints. The group is killed when this
/// goes, unless end() has told how the program ended.
class child_process {
public:
    /// Keeps that many bytes of each output. The rest is read and forgotten, so that no program waits for a reader.
    explicit child_process(std::size_t most_output) : most_(most_output) {}

    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;
    ~child_process();

    /// 0, or an error number.
    int start(const program_call&);

    /// Takes what it has printed. true: it has ended. Never waits.
    bool advance();

    void kill() const;

    /// What there is to tell when it has ended; nullopt: somebody else has asked for that already.
    std::optional<program_end> end();

    file_handle ready;  ///< can be read when there is something to do for advance()

private:
    struct output {
        file_handle to_read;
        std::string text;
    };

    void take(output&) const;

    std::size_t most_;
    pid_t pid_ = 0;
    file_handle ended_;  ///< can be read when it has (pidfd_open(2))
    output out_;
    output err_;
};

}  // namespace opd
