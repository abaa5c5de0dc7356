#pragma once

#include "config/config.hpp"
#include "config/config_change.hpp"
#include "config/toml/parse.hpp"

#include <string>

namespace opd {

/// A configuration with the text that it was read from.
struct edited_config {
    std::string text;
    loaded_config loaded;
};

/// Changes the text of a configuration so that it says `after` where it said `before`, and nothing else: servers,
/// delegators and `[llm_tools]`. The new text is parsed again, and compared with `after` and, for all that is not
/// ours, with the old text. `file` is its name in messages. Refusals: `conflict` where the shape of the text forbids
/// the change (the message names the line), `too_large`.
changed<edited_config> edit_config(const std::string& text, const std::string& file, const config& before,
                                   const config& after, toml_memory&);

}  // namespace opd
