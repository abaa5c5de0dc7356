#include "systemd/notify.hpp"

#include <systemd/sd-daemon.h>

namespace opd::systemd {

void notify(const char* state) {
    sd_notify(0, state);
}

}  // namespace opd::systemd
