#include "daemon/private_memory.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace opd {

void keep_memory_private() {
    ::prctl(PR_SET_DUMPABLE, 0);
    const rlimit none{.rlim_cur = 0, .rlim_max = 0};
    ::setrlimit(RLIMIT_CORE, &none);
}

}  // namespace opd
