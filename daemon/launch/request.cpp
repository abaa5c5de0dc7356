#include "daemon/launch/request.hpp"

#include "config/json_reader.hpp"
#include "config/model/field_rules.hpp"
#include "config/model/names.hpp"

namespace opd::launch {
namespace {

result<void> check_prompt(std::string_view prompt) {
    if (prompt.find('\0') == prompt.npos) return {};
    return problem{"holds a NUL character, which no command line can", "take it out"};
}

result<void> any_text(std::string_view) { return {}; }

}  // namespace

launchable<launch_request> decode_launch_request(const boost::json::object& members) {
    json_reader reader(members);
    launch_request asked;
    // Names are looked up, and whatever is not found is refused with the nearest one.
    asked.delegator = reader.text("delegator", any_text);
    asked.llm_tool = reader.text("llm_tool", any_text);
    asked.model = reader.text("model", checked_by(text_rule::model));
    asked.model_server = reader.text("model_server", any_text);
    asked.prompt = reader.text("prompt", check_prompt);
    asked.force = reader.flag("force").value_or(false);
    if (!reader.sound()) return reader.refusal();
    return asked;
}

}  // namespace opd::launch
