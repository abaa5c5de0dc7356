#pragma once

#include "config/base/file_handle.hpp"
#include "config/base/result.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

namespace opd {

// What reading and replacing a file safely is made of. All of these block; the error is that of the system call.

template <class T>
using disk_result = result<T, std::errc>;

/// What errno says.
std::errc last_error();
std::string words(std::errc);

/// All that an open file holds, from its start; more than `most` bytes are `file_too_large`.
disk_result<std::string> read_whole(int descriptor, std::size_t most);

/// Makes a folder and those above it that are missing, mode 0700, each of them safe on disk.
disk_result<void> make_folders(const std::filesystem::path&);

/// Opens a folder, and keeps other operatord out of it as long as the handle lives. It waits 2 s for them; then it is
/// `resource_unavailable_try_again`.
disk_result<file_handle> lock_folder(const std::filesystem::path&);

/// What was written, or the names in a folder, are on disk when this returns.
disk_result<void> sync(int descriptor);

/// A new file, mode 0600, that is to take the place of another. Its name goes with the object; the name is the same
/// each time, so that what a killed program has left is found, and replaced.
class temporary_file {
public:
    /// Writes the text; it is not synced yet. `folder` is open and outlives the object.
    static disk_result<temporary_file> write(int folder, std::string name, std::string_view text);
    temporary_file(temporary_file&&) noexcept;
    temporary_file& operator=(temporary_file&&) = delete;
    ~temporary_file();

    int descriptor() const { return handle_.get(); }
    const std::string& name() const { return name_; }

    /// The name stays, whatever has it now.
    void keep() { folder_ = -1; }

    /// Gives the file its lasting name, if nothing has it; false: something does.
    disk_result<bool> publish(const std::string& name);

private:
    temporary_file(int folder, std::string name, file_handle);

    int folder_ = -1;
    std::string name_;
    file_handle handle_;
};

/// Waits for another program to end what it does: 1 ms, 2 ms, then 4 ms at a time. Blocks.
class patience {
public:
    explicit patience(std::chrono::milliseconds in_all) : left_(in_all) {}

    /// False: it is used up.
    bool wait() {
        if (left_ <= std::chrono::milliseconds(0)) return false;
        const auto nap = std::min(next_, left_);
        std::this_thread::sleep_for(nap);
        left_ -= nap;
        next_ = std::min(2 * next_, std::chrono::milliseconds(4));
        return true;
    }

private:
    std::chrono::milliseconds left_;
    std::chrono::milliseconds next_{1};
};

/// A rename with flags that the file system does not know.
bool is_unsupported(std::errc);

}  // namespace opd
