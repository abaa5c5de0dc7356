#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#if defined(__SANITIZE_ADDRESS__)
#define OPD_SEES_HEAP
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OPD_SEES_HEAP
#endif
#endif
#ifdef OPD_SEES_HEAP
#if __has_include(<sanitizer/allocator_interface.h>)
#include <sanitizer/allocator_interface.h>
#else
// g++ 12 has the functions in its runtime, but not the header.
extern "C" {
int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, std::size_t),
                                              void (*)(const volatile void*));
std::size_t __sanitizer_get_allocated_size(const volatile void*);
}
#endif
#endif

namespace opd::test {

/// Looks at the heap while it lives, on all threads: how much is in use at once, and what is given back with a certain
/// text still in it. Only AddressSanitizer lets one look. One at a time.
class heap_watch {
public:
#ifdef OPD_SEES_HEAP
    static constexpr bool works = true;
#else
    static constexpr bool works = false;
#endif

    explicit heap_watch(std::string_view unwanted = {}) {
        now().unwanted = unwanted;
        now().in_use = now().peak = 0;
        now().freed = now().unwiped = 0;
#ifdef OPD_SEES_HEAP
        static const int installed = __sanitizer_install_malloc_and_free_hooks(allocated, given_back);
        if (installed == 0) throw std::runtime_error("no more hooks can be installed");
#endif
        now().on = true;
    }

    heap_watch(const heap_watch&) = delete;
    heap_watch& operator=(const heap_watch&) = delete;

    ~heap_watch() { now().on = false; }

    /// The most bytes in use at once, on top of those at the beginning.
    std::int64_t peak() const { return now().peak; }

    std::size_t freed_blocks() const { return now().freed; }

    /// Blocks that were given back with the unwanted text in them.
    std::size_t unwiped_blocks() const { return now().unwiped; }

private:
    struct counters {
        std::atomic<bool> on = false;
        std::string unwanted;
        std::atomic<std::int64_t> in_use = 0;
        std::atomic<std::int64_t> peak = 0;
        std::atomic<std::size_t> freed = 0;
        std::atomic<std::size_t> unwiped = 0;
    };

    static counters& now() {
        static counters all;
        return all;
    }

#ifdef OPD_SEES_HEAP
    static void allocated(const volatile void*, std::size_t size) {
        counters& all = now();
        if (!all.on) return;
        const std::int64_t in_use = all.in_use += static_cast<std::int64_t>(size);
        std::int64_t peak = all.peak;
        while (in_use > peak && !all.peak.compare_exchange_weak(peak, in_use)) {
        }
    }

    static void given_back(const volatile void* memory) {
        counters& all = now();
        if (!all.on || memory == nullptr) return;
        const auto* const begin = static_cast<const char*>(const_cast<const void*>(memory));
        const std::string_view block(begin, __sanitizer_get_allocated_size(begin));
        all.in_use -= static_cast<std::int64_t>(block.size());
        ++all.freed;
        if (!all.unwanted.empty() && block.find(all.unwanted) != block.npos) ++all.unwiped;
    }
#endif
};

}  // namespace opd::test
