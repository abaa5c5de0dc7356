#include "config/disk/read_lease.hpp"

#include <cerrno>
#include <csignal>
#include <utility>

#include <fcntl.h>

namespace opd {

read_lease::read_lease(int descriptor) {
    // Who wants to write makes the kernel send a signal: SIGIO, which kills, unless another one is named.
    if (::fcntl(descriptor, F_SETSIG, SIGURG) != 0) return;
    if (::fcntl(descriptor, F_SETLEASE, F_RDLCK) == 0)
        descriptor_ = descriptor;
    else
        refused_ = errno == EAGAIN;
}

read_lease::read_lease(read_lease&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), refused_(other.refused_) {}

read_lease& read_lease::operator=(read_lease&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(refused_, other.refused_);
    return *this;
}

read_lease::~read_lease() {
    if (held()) ::fcntl(descriptor_, F_SETLEASE, F_UNLCK);
}

bool read_lease::wanted() const { return held() && ::fcntl(descriptor_, F_GETLEASE) != F_RDLCK; }

}  // namespace opd
