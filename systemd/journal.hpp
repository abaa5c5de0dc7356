#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace opd::systemd {

/// A field of a journal entry (systemd.journal-fields(7)): a name of A-Z, 0-9 and `_`, and any text.
using journal_field = std::pair<std::string_view, std::string_view>;

/// Whether what is written to this descriptor goes to the journal: `$JOURNAL_STREAM` is its device and inode
/// (systemd.exec(5)).
bool is_journal(int descriptor, const char* journal_stream);

/// The service that a process is in, `operatord.service`, from the text of its /proc/PID/cgroup (cgroups(7)); empty:
/// none.
std::string unit_in(std::string_view cgroup);

/// Writes one entry (sd_journal_sendv(3)). False: the journal does not take it.
bool send_to_journal(std::span<const journal_field>);

}  // namespace opd::systemd
