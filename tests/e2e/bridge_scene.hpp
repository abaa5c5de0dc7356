#pragma once

#include "tests/e2e/running_daemon.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

// What tests of the bridge have in common: the answers of a server that speaks Chat Completions, what the three agents
// ask, and a daemon between them.
namespace opd::test::bridging {

inline const std::string list = R"({"object":"list","data":[{"id":"qwen","object":"model"}]})";

inline std::string chunk(std::string_view delta, std::string_view reason = "null") {
    return fmt::format("data: {{\"id\":\"c\",\"choices\":[{{\"index\":0,\"delta\":{},\"finish_reason\":{}}}]}}\n\n",
                       delta, reason);
}

inline const std::string text_answer_events =
    chunk(R"({"role":"assistant","reasoning_content":"hm"})") + chunk(R"({"content":"po"})") +
    chunk(R"({"content":"ng"})") + chunk("{}", "\"stop\"") +
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":7,\"prompt_tokens_details\":"
    "{\"cached_tokens\":4}}}\n\ndata: [DONE]\n\n";

inline const std::string tools_answer_events =
    chunk(R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"Bash","arguments":"{\"c"}}]})") +
    chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":"\":1}"}}]})") +
    chunk(R"({"tool_calls":[{"index":1,"id":"b","function":{"name":"Bash","arguments":"{}"}}]})", "\"tool_calls\"") +
    "data: [DONE]\n\n";

inline script events(std::string body) {
    script out{.headers = {{"Content-Type", "text/event-stream"}}, .body = std::move(body)};
    out.frame = script::framing::chunked;
    out.body_piece = 7;
    return out;
}

struct agent {
    std::string path;
    std::string body;
    header_list auth;
};

inline const agent claude{"anthropic/v1/messages?beta=true",
                          R"({"model":"x","stream":true,"max_tokens":9,"messages":[{"role":"user","content":"hi"}],)"
                          R"("tools":[{"name":"Bash","description":"d","input_schema":{"type":"object"}}]})",
                          {{"Authorization", "Bearer KEY0123456789"}}};
inline const agent codex{"openai/v1/responses",
                         R"({"model":"x","stream":true,"input":[{"type":"message","role":"user","content":[{"type":)"
                         R"("input_text","text":"hi"}]}],"tools":[{"type":"function","name":"Bash","parameters":{}}]})",
                         {{"Authorization", "Bearer KEY0123456789"}}};
inline const agent gemini{"gemini/v1beta/models/x:streamGenerateContent?alt=sse",
                          R"({"contents":[{"role":"user","parts":[{"text":"hi"}]}],"tools":[{"functionDeclarations":)"
                          R"([{"name":"Bash","description":"d"}]}]})",
                          {{"x-goog-api-key", "KEY0123456789"}}};

/// A daemon, and a server that speaks nothing but Chat Completions.
struct scene {
    explicit scene(std::string_view more = {}, process::environment environment = {})
        : daemon(fmt::format("[[model_servers]]\nname = \"my lab\"\nkind = \"openai-compat\"\nbase_url = \"{}/v1\"\n"
                             "probe = \"lazy\"\n{}",
                             server.base_url(), more),
                 std::move(environment)) {
        server.answer("/v1/models", json_answer(200, list));
    }

    void answers(script told) { server.answer("/v1/chat/completions", std::move(told)); }

    http_answer ask(const agent& who, header_list headers = {}, std::string_view body = {}) const {
        headers.insert(headers.end(), who.auth.begin(), who.auth.end());
        headers.emplace_back("Content-Type", "application/json");
        return daemon.tcp().request("POST", "/bridge/my%20lab/" + who.path, headers, body.empty() ? who.body : body);
    }

    std::vector<seen_request> asked() const {
        std::vector<seen_request> all;
        for (const seen_request& one : server.requests())
            if (one.method == "POST") all.push_back(one);
        return all;
    }

    std::string log() { return daemon.program().standard_error(); }

    model_server_sim server;
    running_daemon daemon;
};

inline bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace opd::test::bridging
