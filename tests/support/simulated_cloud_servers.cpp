#include "tests/support/model_recipe.hpp"
#include "tests/support/simulated_answers.hpp"
#include "tests/support/simulated_servers.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace opd::test {
namespace {

namespace json = boost::json;

// ---- OpenAI

script openai_error(unsigned status, std::string_view message, const json::value& code, header_list headers = {}) {
    json::object error = {{"message", message}, {"type", "invalid_request_error"}, {"param", nullptr}, {"code", code}};
    return json_answer(status, json::object{{"error", std::move(error)}}, std::move(headers));
}

std::string openai_list(const openai_sim& sim) {
    json::array data;
    for (std::size_t i = 0; i < sim.models; ++i) {
        auto entry = openai_entry(invent_model("openai-api", i).id, "system");
        entry["shutdown_date"] = nullptr;
        data.push_back(std::move(entry));
    }
    constexpr std::array<std::string_view, 3> families = {"text-embedding", "tts", "gpt-image"};
    for (std::size_t i = 0; i < sim.others; ++i)
        data.push_back(openai_entry(fmt::format("{}-{}", families[i % families.size()], i), "system"));
    return json::serialize(json::object{{"object", "list"}, {"data", std::move(data)}});
}

// ---- Anthropic

script anthropic_error(unsigned status, std::string_view type, std::string_view message) {
    return json_answer(status, json::object{{"type", "error"},
                                            {"error", json::object{{"type", type}, {"message", message}}},
                                            {"request_id", "req_simulated"}});
}

json::object anthropic_entry(const invented_model& model) {
    return {{"type", "model"},
            {"id", model.id},
            {"display_name", model.name},
            {"created_at", "2026-05-28T00:00:00Z"},
            {"max_input_tokens", model.context_length},
            {"max_tokens", model.max_output_tokens},
            {"capabilities", json::object{{"batch", json::object{{"supported", true}}},
                                          {"image_input", json::object{{"supported", model.vision}}}}}};
}

script anthropic_page(const anthropic_sim& sim, const seen_request& request) {
    if (const auto unknown = unknown_parameter(request, {"limit", "after_id", "before_id"}); !unknown.empty())
        return anthropic_error(400, "invalid_request_error", unknown + ": Extra inputs are not permitted");
    const auto limit = count_parameter(request, "limit", 20);
    if (!limit || *limit > 1000)
        return anthropic_error(400, "invalid_request_error", "limit: Input should be between 1 and 1000");
    std::size_t first = 0;
    if (const auto after = request.query("after_id")) {
        while (first < sim.models && invent_model("anthropic-api", first).id != *after) ++first;
        if (first == sim.models) return anthropic_error(400, "invalid_request_error", "after_id: unknown model");
        ++first;
    }
    const auto last = std::min(sim.models, first + std::min(*limit, sim.page_cap));
    json::array data;
    for (auto i = first; i < last; ++i) data.push_back(anthropic_entry(invent_model("anthropic-api", i)));
    const auto first_id = data.empty() ? json::value() : data.front().at("id");
    const auto last_id = data.empty() ? json::value() : data.back().at("id");
    return json_answer(
        200,
        json::object{
            {"data", std::move(data)}, {"has_more", last < sim.models}, {"first_id", first_id}, {"last_id", last_id}});
}

// ---- Gemini

script google_error(unsigned status, std::string_view name, std::string_view message, json::array details = {}) {
    json::object error = {{"code", status}, {"message", message}, {"status", name}};
    if (!details.empty()) error["details"] = std::move(details);
    return json_answer(status, json::object{{"error", std::move(error)}});
}

script google_bad_key() {
    json::object reason = {{"@type", "type.googleapis.com/google.rpc.ErrorInfo"},
                           {"reason", "API_KEY_INVALID"},
                           {"domain", "googleapis.com"}};
    return google_error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.",
                        json::array{std::move(reason)});
}

json::object gemini_entry(const gemini_sim& sim, std::size_t number) {
    if (number >= sim.models) {
        const auto id = fmt::format("gemini-embedding-{}", number - sim.models);
        return {
            {"name", "models/" + id}, {"version", "001"},
            {"displayName", id},      {"inputTokenLimit", 2048},
            {"outputTokenLimit", 1},  {"supportedGenerationMethods", json::array{"embedContent", "countTextTokens"}}};
    }
    const auto model = invent_model("google-api", number);
    return {{"name", "models/" + model.id},
            {"version", "001"},
            {"displayName", model.name},
            {"inputTokenLimit", model.context_length},
            {"outputTokenLimit", model.max_output_tokens},
            {"supportedGenerationMethods", json::array{"generateContent", "countTokens"}},
            {"thinking", true}};
}

/// The page token is the number of the page's first entry, dressed up so that nobody takes it for a number.
script gemini_page(const gemini_sim& sim, const seen_request& request) {
    if (const auto unknown = unknown_parameter(request, {"pageSize", "pageToken"}); !unknown.empty())
        return google_error(400, "INVALID_ARGUMENT", "Unknown name \"" + unknown + "\"");
    const auto size = count_parameter(request, "pageSize", 50);
    if (!size) return google_error(400, "INVALID_ARGUMENT", "pageSize is not a positive number");
    const auto all = sim.models + sim.others;
    const auto token = [](std::size_t number) { return fmt::format("Cjw{}==", number); };
    std::size_t first = 0;
    if (const auto wanted = request.query("pageToken")) {
        while (first < all && token(first) != *wanted) ++first;
        if (first == all) return google_error(400, "INVALID_ARGUMENT", "Page token is not valid");
    }
    const auto last = std::min(all, first + std::min({*size, sim.page_cap, std::size_t{1000}}));
    json::array models;
    for (auto i = first; i < last; ++i) models.push_back(gemini_entry(sim, i));
    json::object page;
    if (!models.empty()) page["models"] = std::move(models);
    if (last < all) page["nextPageToken"] = token(last);
    return json_answer(200, page);
}

// ---- OpenRouter

script openrouter_error(unsigned status, std::string_view message) {
    return json_answer(status, json::object{{"error", json::object{{"message", message}, {"code", status}}}});
}

json::object openrouter_entry(std::string_view id, std::string_view name, json::array inputs, json::array outputs) {
    constexpr std::string_view sentence =
        " It exists only in this simulation, and its text is as long as such texts tend to be.";
    std::string description(name);
    for (int i = 0; i < 6; ++i) description += sentence;
    return {
        {"id", id},
        {"canonical_slug", id},
        {"hugging_face_id", ""},
        {"name", name},
        {"created", 1'747'930'371},
        {"description", std::move(description)},
        {"architecture", json::object{{"input_modalities", std::move(inputs)},
                                      {"output_modalities", std::move(outputs)},
                                      {"tokenizer", "Other"},
                                      {"instruct_type", nullptr}}},
        {"pricing", json::object{{"prompt", "0.000003"}, {"completion", "0.000015"}, {"request", "0"}}},
        {"per_request_limits", nullptr},
        {"expiration_date", nullptr},
    };
}

std::string openrouter_list(const openrouter_sim& sim) {
    json::array data;
    for (std::size_t i = 0; i < sim.models; ++i) {
        const auto model = invent_model("openrouter", i);
        json::array inputs = {"text"};
        if (model.vision) inputs.emplace_back("image");
        auto entry = openrouter_entry(model.id, model.name, std::move(inputs), {"text"});
        entry["context_length"] = model.context_length;
        entry["top_provider"] = json::object{{"context_length", model.context_length},
                                             {"max_completion_tokens", model.max_output_tokens},
                                             {"is_moderated", false}};
        json::array parameters = {"max_tokens", "stop", "temperature", "top_p"};
        if (model.tools) parameters.insert(parameters.end(), {"tool_choice", "tools"});
        entry["supported_parameters"] = std::move(parameters);
        data.push_back(std::move(entry));
    }
    for (std::size_t i = 0; i < sim.others; ++i)
        data.push_back(openrouter_entry(fmt::format("painter/canvas-{}", i), "Painter", {"text"}, {"image"}));
    const auto total = data.size();
    return json::serialize(
        json::object{{"data", std::move(data)}, {"total_count", total}, {"links", json::object{{"next", nullptr}}}});
}

}  // namespace

behaviour simulated_openai(const openai_sim& sim) {
    const auto list = openai_list(sim);
    return [=](const seen_request& request) -> script {
        const auto key = bearer_of(request);
        if (!key) return openai_error(401, "You didn't provide an API key.", nullptr);
        if (*key != sim.key) {
            return openai_error(401, "Incorrect API key provided: " + *key + ".", "invalid_api_key",
                                {{"WWW-Authenticate", "Bearer realm=\"OpenAI API\""}});
        }
        if (request.target != "/v1/models")
            return openai_error(404, fmt::format("Invalid URL ({} {})", request.method, request.target), nullptr);
        if (request.method != "GET") return openai_error(405, "Method not allowed.", "method_not_supported");
        if (const auto foreign = foreign_parts(request); !foreign.empty())
            return openai_error(400, "unexpected " + foreign, nullptr);
        return json_answer(200, list);
    };
}

behaviour simulated_anthropic(const anthropic_sim& sim) {
    return [=](const seen_request& request) -> script {
        const auto key = request.header("x-api-key");
        if (!key) return anthropic_error(401, "authentication_error", "x-api-key header is required");
        if (*key != sim.key) return anthropic_error(401, "authentication_error", "invalid x-api-key");
        if (request.header("Authorization") || request.header("x-goog-api-key"))
            return anthropic_error(400, "invalid_request_error", "more than one kind of credentials");
        if (request.header("anthropic-version") != "2023-06-01")
            return anthropic_error(400, "invalid_request_error", "anthropic-version: header is required");
        if (request.path() != "/v1/models") return anthropic_error(404, "not_found_error", "Not Found");
        if (request.method != "GET") return anthropic_error(405, "invalid_request_error", "Method Not Allowed");
        return anthropic_page(sim, request);
    };
}

behaviour simulated_gemini(const gemini_sim& sim) {
    return [=](const seen_request& request) -> script {
        if (!request.path().starts_with("/v1beta/"))
            return html_answer(404, "<!DOCTYPE html><html><title>Error 404 (Not Found)</title></html>");
        if (request.query("key") || request.header("Authorization") || request.header("x-api-key"))
            return google_error(400, "INVALID_ARGUMENT", "the key belongs into x-goog-api-key, and only there");
        const auto key = request.header("x-goog-api-key");
        if (!key) return google_error(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers.");
        if (*key != sim.key) return google_bad_key();
        if (request.path() != "/v1beta/models" || request.method != "GET")
            return google_error(404, "NOT_FOUND", "Requested entity was not found.");
        return gemini_page(sim, request);
    };
}

behaviour simulated_openrouter(const openrouter_sim& sim) {
    const auto list = openrouter_list(sim);
    return [=](const seen_request& request) -> script {
        if (!request.target.starts_with("/api/"))
            return html_answer(404, "<!DOCTYPE html><html><title>Not Found</title></html>");
        if (const auto foreign = foreign_parts(request); !foreign.empty())
            return openrouter_error(400, "unexpected " + foreign);
        if (request.method != "GET") return openrouter_error(405, "Method Not Allowed");
        if (request.target == "/api/v1/models") return json_answer(200, list);
        if (request.target != "/api/v1/key") return openrouter_error(404, "Not Found");
        // A bad key is answered like none at all.
        if (!has_bearer(request, sim.key)) return openrouter_error(401, "Missing Authentication header");
        json::object state = {{"label", "sk-or-…"}, {"usage", 0}, {"limit", nullptr}, {"is_free_tier", true}};
        return json_answer(200, json::object{{"data", std::move(state)}});
    };
}

}  // namespace opd::test
