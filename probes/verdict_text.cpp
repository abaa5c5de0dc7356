#include "probes/verdict_text.hpp"

#include "config/base/ascii.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace opd {

report failed(probe_status status, std::string error, std::string hint) {
    report judged;
    judged.status = status;
    judged.error = std::move(error);
    judged.hint = std::move(hint);
    return judged;
}

report key_withheld(const model_server& server, const api_root& root, std::string_view variable) {
    return failed(probe_status::key_withheld,
                  fmt::format("the key in {} was not sent to {}: it would go over the internet in clear", variable,
                              root.origin()),
                  server.api_key_env
                      ? "use https in base_url, or set allow_plaintext_key = true for this server if the way is safe"
                      : "use https in base_url");
}

std::string request_line(const verdict_subject& about, std::string_view target) {
    std::string line = "GET " + about.root.origin();
    line += target.substr(0, target.find('?'));
    return about.key.hidden_in(line);
}

std::string named(const verdict_subject& about) { return fmt::format("model server \"{}\"", about.server.name); }

bool mentions(std::string_view text, std::initializer_list<std::string_view> words) {
    const std::string low = lower_case(text);
    return std::ranges::any_of(words, [&low](std::string_view word) { return low.find(word) != std::string::npos; });
}

std::string key_hint(const verdict_subject& about) {
    if (about.key_env.empty()) {
        return fmt::format("the server wants a key: put it into a variable, and name that in api_key_env of {}",
                           named(about));
    }
    if (is_vendor_host(*about.server.kind, about.root) && !about.server.kind->default_api_key_env.empty())
        return fmt::format("check the key in {}, or make a new one at {}", about.key_env, about.server.kind->setup_url);
    return fmt::format("check that {} holds the key that {} expects", about.key_env, about.root.origin());
}

std::string wrong_place_hint(const verdict_subject& about) {
    if (!about.server.base_url) return fmt::format("{} should have a list here: try again later", about.root.origin());
    switch (about.server.kind->dialect) {
        case listing_dialect::ollama:
            return fmt::format("check base_url of {}: Ollama listens at http://localhost:11434 unless told otherwise",
                               named(about));
        case listing_dialect::lmstudio:
            return fmt::format(
                "check base_url of {}: LM Studio's server listens at http://localhost:1234 unless told "
                "otherwise",
                named(about));
        case listing_dialect::anthropic:
            return fmt::format(
                "many Anthropic-compatible servers have no list, and launching works without one; else "
                "check base_url of {}",
                named(about));
        case listing_dialect::openai:
        case listing_dialect::google:
        case listing_dialect::openrouter: break;
    }
    return fmt::format(
        "set base_url of {} to the address of its API, as its documentation gives it; it often ends in "
        "/v1",
        named(about));
}

}  // namespace opd
