#include "daemon/launch/request.hpp"

#include "config/field_rules.hpp"
#include "config/names.hpp"
#include "daemon/api/field_reader.hpp"

#include <fmt/format.h>

namespace opd {
namespace {

result<void> check_prompt(std::string_view prompt) {
    if (prompt.find('\0') == prompt.npos) return {};
    return problem{"holds a NUL character, which no command line can", "take it out"};
}

result<void> any_text(std::string_view) {
    return {};
}

bool read_force(const boost::json::object& members, field_reader& reader) {
    const boost::json::value* const given = members.if_contains("force");
    if (given == nullptr || given->is_null()) return false;
    if (given->is_bool()) return given->get_bool();
    reader.refuse("force", fmt::format("must be true or false, not {}", type_in_words(*given)));
    return false;
}

}  // namespace

launchable<launch_request> decode_launch_request(const boost::json::object& members) {
    field_reader reader(members);
    launch_request asked;
    // Names are looked up, and whatever is not found is refused with the nearest one.
    asked.delegator = reader.text("delegator", any_text);
    asked.llm_tool = reader.text("llm_tool", any_text);
    asked.model = reader.text("model", check_model);
    asked.model_server = reader.text("model_server", any_text);
    asked.prompt = reader.text("prompt", check_prompt);
    asked.force = read_force(members, reader);
    if (!reader.sound()) return reader.refusal();
    return asked;
}

}  // namespace opd
