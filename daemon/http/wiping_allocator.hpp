#pragma once

#include "config/secret.hpp"

#include <cstddef>
#include <memory>

namespace opd {

/// For bytes that may hold a secret: memory is wiped when it is given back, also where a container has outgrown it.
template <class T>
struct wiping_allocator {
    using value_type = T;

    wiping_allocator() = default;

    template <class Other>
    wiping_allocator(const wiping_allocator<Other>&) noexcept {}

    T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }

    void deallocate(T* memory, std::size_t count) noexcept {
        wipe(memory, count * sizeof(T));
        std::allocator<T>().deallocate(memory, count);
    }

    bool operator==(const wiping_allocator&) const = default;
};

}  // namespace opd
