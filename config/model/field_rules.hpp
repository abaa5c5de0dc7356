#pragma once

#include "config/base/result.hpp"
#include "config/model/llm_tools.hpp"
#include "config/model/model_server.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace opd {

// The rules for the fields of model servers and delegators, besides those for names (names.hpp). They are the same
// wherever a value comes from: the file or a client. JSON and TOML have seen to it that all texts are UTF-8.

/// The kind with this slug; the error names the nearest one.
result<const kind*> kind_named(std::string_view slug);

/// The tool with this name; the error names the nearest one. (A delegator may name another tool all the same.)
result<const llm_tool*> llm_tool_named(std::string_view name);

/// The probe_mode or bridge_mode with this word; the error names the nearest one.
template <class Mode>
result<Mode> mode_named(std::string_view word);

/// Which rule the text of a field keeps to. A row of fields.hpp names it; who only shows the rows does not need the
/// rules.
enum class text_rule : std::uint8_t {
    none,
    name,
    base_url,  ///< one that resolve_base_url takes
    api_key_env,
    ca_file,  ///< an absolute path
    display_name,
    llm_tool,
    model,
    model_server,  ///< of a delegator; whether there is such a server is another question
};

/// `of` is the kind of the server whose field it is, null where it is not known.
result<void> check_text(text_rule, std::string_view text, const kind* of = nullptr);

/// The same as a function of the text alone, for a rule that needs no kind.
inline auto checked_by(text_rule rule) {
    return [rule](std::string_view text) { return check_text(rule, text); };
}

/// Why an optional text has to be there all the same; empty: it does not.
std::string why_needed(text_rule, const kind* of);

/// The rule for a table of any content: no NUL in its texts and keys, no null in its arrays, and numbers that TOML
/// knows. The message names the place within the table, never the value.
result<void> check_table_texts(const boost::json::object&);

}  // namespace opd
