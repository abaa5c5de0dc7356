#pragma once

#include <boost/json/memory_resource.hpp>

#include <cstddef>

namespace opd {

/// Memory for JSON that holds a secret: it is wiped when it is given back.
class wiped_memory final : public boost::json::memory_resource {
protected:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override;
    bool do_is_equal(const boost::json::memory_resource&) const noexcept override;
};

}  // namespace opd
