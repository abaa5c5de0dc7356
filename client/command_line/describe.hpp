#pragma once

#include "client/command.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace opd {

/// Describes what operatorctl accepts; what is parsed goes `into`, which outlives the app. A command that is not among
/// the words is named, and no more: to describe them all takes as long as the rest of a launch. Without words all are
/// described.
void describe(CLI::App&, invocation& into, const std::vector<std::string>* given);

// The commands of one group each.
void describe_servers(CLI::App*, invocation& into);
void describe_delegators(CLI::App*, invocation& into);
void describe_keys(CLI::App*, invocation& into);
void describe_service(CLI::App*, invocation& into);

}  // namespace opd
