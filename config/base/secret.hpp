#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

namespace opd {

/// The value of a key, in memory of its own that never grows, is moved by pointer, and is wiped when it goes. There is
/// no conversion, comparison, output operator, formatter, hash or serialiser: tests/config/secret_must_not_compile
/// shows that none of them compiles. The one way to its text is a call that is easy to search for.
class secret {
public:
    secret() noexcept = default;
    /// Copies the text; the original is the caller's to wipe.
    explicit secret(std::string_view text);

    secret(const secret& other) : secret(other.reveal()) {}

    secret(secret&& other) noexcept;
    secret& operator=(secret other) noexcept;
    ~secret();

    bool empty() const noexcept { return size_ == 0; }

    /// Only for the header that carries it, and for taking it out of texts. Lives as long as the secret.
    std::string_view reveal() const& noexcept { return {text_.get(), size_}; }

    std::string_view reveal() const&& = delete;

private:
    std::unique_ptr<char[]> text_;
    std::size_t size_ = 0;
};

/// Overwrites the memory in a way that the compiler does not leave out (explicit_bzero(3)).
void wipe(void* memory, std::size_t bytes) noexcept;

/// Wipes all that the string has allocated, and leaves it empty. What it has outgrown before is beyond reach: reserve
/// enough first.
void wipe(std::string&) noexcept;

/// For containers of what may hold a secret: memory is wiped when it is given back, also what a container has outgrown.
template <class T>
struct wiping_allocator {
    using value_type = T;
    using is_always_equal = std::true_type;

    wiping_allocator() noexcept = default;

    template <class U>
    wiping_allocator(const wiping_allocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor): as the standard's

    T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }

    void deallocate(T* memory, std::size_t count) noexcept {
        wipe(memory, count * sizeof(T));
        std::allocator<T>().deallocate(memory, count);
    }

    bool operator==(const wiping_allocator&) const noexcept = default;
};

/// Keeps the keys in the memory of this process from other processes of the user, and from the disk: no core dump is
/// written, systemd-coredump and its kin are not even started, and only root attaches a debugger or reads
/// /proc/PID/mem, maps and environ (PR_SET_DUMPABLE in prctl(2), ptrace(2), core(5)). So a debugger that is to attach
/// needs root, or starts the program itself and sets its breakpoint in main. Programs that are executed from here are
/// dumpable again, but have the limit of 0 on core files.
void keep_memory_private();

}  // namespace opd
