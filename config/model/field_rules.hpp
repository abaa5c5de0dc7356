#pragma once

#include "config/base/result.hpp"
#include "config/model/llm_tools.hpp"
#include "config/model/model_server.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace opd {

/// The rule for names of model servers and delegators: 1 to 128 bytes of UTF-8 without control characters, not `.` or
/// `..`, and not `kinds`, which is a route of the REST interface.
result<void> check_name(std::string_view name);

/// As `check_name`, and not the name of a builtin, which cannot be declared.
result<void> check_declared_server_name(std::string_view name);

/// `[A-Za-z_][A-Za-z0-9_]*`
bool is_env_name(std::string_view name);

/// NAME of a value that is `${NAME}` and nothing else; empty for any other one.
std::string_view referred_to(std::string_view value);

/// The rule for `api_key_env`: the NAME of a variable. The message never repeats the value, which may be a pasted key.
result<void> check_api_key_env(std::string_view name);

/// The rule for a key of `extra_env`.
result<void> check_env_name(std::string_view name);

/// The rule for a value of `extra_env`: any UTF-8 text without NUL. The message never repeats the value.
result<void> check_env_value(std::string_view value);

// The rules for the other fields of model servers and delegators. They are the same
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
