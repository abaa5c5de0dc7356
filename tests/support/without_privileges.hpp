#pragma once

#include <cstdlib>
#include <stdexcept>

#include <unistd.h>

namespace opd::test {

inline constexpr uid_t nobody = 65534;

/// Root may do everything: within this scope the program is nobody. Does nothing for others.
class without_privileges {
public:
    without_privileges() : self_(::geteuid()) {
        if (self_ == 0 && ::seteuid(nobody) != 0) throw std::runtime_error("cannot give up root");
    }

    without_privileges(const without_privileges&) = delete;
    without_privileges& operator=(const without_privileges&) = delete;

    ~without_privileges() {
        if (::geteuid() != self_ && ::seteuid(self_) != 0) std::abort();
    }

private:
    uid_t self_;
};

}  // namespace opd::test
