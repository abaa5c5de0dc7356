#pragma once

namespace opd {

/// Keeps the keys in the memory of this process from other processes of the user, and from the disk: no core dump is
/// written, systemd-coredump and its kin are not even started, and only root attaches a debugger or reads
/// /proc/PID/mem, maps and environ (PR_SET_DUMPABLE in prctl(2), ptrace(2), core(5)). So a debugger that is to attach
/// needs root, or starts the program itself and sets its breakpoint in main. Programs that are executed from here are
/// dumpable again, but have the limit of 0 on core files.
void keep_memory_private();

}  // namespace opd
