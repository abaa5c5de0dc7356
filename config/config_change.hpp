#pragma once

#include "config/base/refusal.hpp"
#include "config/config.hpp"

#include <span>
#include <string>
#include <string_view>

namespace opd {

// The changes that clients ask for, as pure functions from one configuration to the next. Fields have passed their own
// checks (field_rules.hpp); these decide what depends on the rest of the configuration.

/// What a masked value of extra_env is answered as; written back, it stands for the stored value.
inline constexpr std::string_view masked_value = "***";

changed<config> with_new_server(const config&, model_server);
/// The fields that are to be `kept` are those of the stored server (names of the file).
changed<config> with_replaced_server(const config&, model_server, std::span<const std::string_view> kept);
/// A server that delegators name is only removed with `force`.
changed<config> without_server(const config&, std::string_view name, bool force);

changed<config> with_new_delegator(const config&, delegator);
changed<config> with_replaced_delegator(const config&, delegator);
changed<config> without_delegator(const config&, std::string_view name);

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
