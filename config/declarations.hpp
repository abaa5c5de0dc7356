#pragma once

#include "config/config.hpp"
#include "config/toml/reader.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace opd {

/// The `[[model_servers]]` of a document, checked; what is wrong with them is the reader's error and warnings.
std::vector<model_server> read_model_servers(toml_reader&, const toml_node& root);

/// The `[[delegators]]` of a document. A model server that is not among `servers` (their names) is a warning.
std::vector<delegator> read_delegators(toml_reader&, const toml_node& root, std::span<const std::string_view> servers);

}  // namespace opd
