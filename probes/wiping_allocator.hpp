#pragma once

#include "config/secret.hpp"

#include <cstddef>
#include <memory>

namespace opd {

/// std::allocator that wipes what it takes back: for containers that hold a key on its way out.
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

}  // namespace opd
