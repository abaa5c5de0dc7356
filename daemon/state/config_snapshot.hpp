#pragma once

#include "config/config.hpp"
#include "config/disk/config_file.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace opd::state {

/// Since which generation each part of a configuration is as it is.
struct config_revisions {
    using by_name = std::map<std::string, std::uint64_t, std::less<>>;

    by_name servers;
    by_name delegators;
    std::uint64_t llm_tools = 1;
};

/// A configuration that is, or was, in force. Never changed.
struct config_snapshot {
    config_text file;  ///< what it was read from
    loaded_config loaded;
    std::uint64_t generation = 1;
    config_revisions revisions;
};

using config_snapshot_ptr = std::shared_ptr<const config_snapshot>;

/// The first snapshot of a daemon.
config_snapshot_ptr first_snapshot(config_text, loaded_config);
/// What comes after it; parts that are equal keep their revision.
config_snapshot_ptr next_snapshot(const config_snapshot& before, config_text, loaded_config);

}  // namespace opd::state
