#pragma once

namespace opd::systemd {

/// Tells the service manager about our state, by sd_notify(3) in the format described there (`READY=1`). Does nothing
/// where there is no manager.
void notify(const char* state);

}  // namespace opd::systemd
