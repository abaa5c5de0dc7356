#include "daemon/api/wiped_memory.hpp"

#include "config/secret.hpp"

#include <new>

namespace opd {

// As Boost.JSON's own resource does it: it asks for no more than the usual alignment, and does not give the same one
// back that it has asked for.

void* wiped_memory::do_allocate(std::size_t bytes, std::size_t) {
    return ::operator new(bytes);
}

void wiped_memory::do_deallocate(void* memory, std::size_t bytes, std::size_t) {
    wipe(memory, bytes);
    ::operator delete(memory);
}

bool wiped_memory::do_is_equal(const boost::json::memory_resource& other) const noexcept {
    return this == &other;
}

}  // namespace opd
