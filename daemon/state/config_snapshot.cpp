#include "daemon/state/config_snapshot.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace opd::state {
namespace {

template <class Named>
config_revisions::by_name revise(const std::vector<Named>& now, const std::vector<Named>& before,
                                 const config_revisions::by_name& revisions, std::uint64_t generation) {
    std::unordered_map<std::string_view, const Named*> known;
    for (const Named& one : before) known.emplace(one.name, &one);
    config_revisions::by_name revised;
    for (const Named& one : now) {
        const auto found = known.find(one.name);
        const bool same = found != known.end() && *found->second == one;
        revised.emplace(one.name, same ? revisions.at(one.name) : generation);
    }
    return revised;
}

}  // namespace

config_snapshot_ptr first_snapshot(config_text file, loaded_config loaded) {
    return next_snapshot({.generation = 0}, std::move(file), std::move(loaded));
}

config_snapshot_ptr next_snapshot(const config_snapshot& before, config_text file, loaded_config loaded) {
    auto next = std::make_shared<config_snapshot>();
    next->file = std::move(file);
    next->loaded = std::move(loaded);
    next->generation = before.generation + 1;
    const config& now = next->loaded.values;
    const config& then = before.loaded.values;
    next->revisions.servers = revise(now.model_servers, then.model_servers, before.revisions.servers, next->generation);
    next->revisions.delegators = revise(now.delegators, then.delegators, before.revisions.delegators, next->generation);
    next->revisions.llm_tools = now.llm_tools == then.llm_tools ? before.revisions.llm_tools : next->generation;
    return next;
}

}  // namespace opd::state
