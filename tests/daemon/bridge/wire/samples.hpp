#pragma once

#include "daemon/bridge/wire/delta.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace opd::bridge {

/// Recorded by others, so not part of the repository: empty, and a message says that the test skips it, where it is not
/// there. `name` is below samples/wire, such as "openai-chat/text-openai.sse".
std::string sample(std::string_view name);

/// The names below `folder` ("openai-chat") that end in `ending`, sorted; none, with a message, where they are not
/// there.
std::vector<std::string> samples(std::string_view folder, std::string_view ending);

/// Ours: tests/data/wire/NAME. Throws where it is not there.
std::string own_sample(std::string_view name);

/// One line for each delta, such as `call_arguments 0 {"a":1}`; pieces of text, thought or arguments in a row are put
/// together, so that where a stream was cut does not show.
std::string shown(const deltas&);

/// Compares with tests/data/wire/NAME, or writes that where OPD_WRITE_GOLDEN is set.
void check_golden(const std::string& name, const std::string& text);

/// The same for what is made of a recorded text, which is not kept here: with its digest, in `recorded.digests`.
void check_digest(const std::string& name, const std::string& text);

/// A digest of a text that must not be in the repository: FNV-1a in 16 hex digits, and its length.
std::string digest(std::string_view text);

}  // namespace opd::bridge
