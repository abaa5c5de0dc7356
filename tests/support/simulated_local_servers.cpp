#include "tests/support/model_recipe.hpp"
#include "tests/support/simulated_answers.hpp"
#include "tests/support/simulated_servers.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace opd::test {
namespace {

namespace json = boost::json;

std::string embedding_id(std::size_t number) { return fmt::format("nomic-embed-text-{}", number); }

// ---- Ollama

json::object ollama_entry(std::string_view id, std::string_view family, std::uint64_t bytes) {
    return {{"name", id},
            {"model", id},
            {"modified_at", "2026-05-04T17:37:44.706015396-07:00"},
            {"size", bytes},
            {"digest", fmt::format("{:064x}", std::hash<std::string_view>()(id))},
            {"details", json::object{{"parent_model", ""},
                                     {"format", "gguf"},
                                     {"family", family},
                                     {"families", json::array{family}},
                                     {"parameter_size", "7.6B"},
                                     {"quantization_level", "Q4_K_M"}}}};
}

json::array ollama_tags(const ollama_sim& sim) {
    json::array list;
    for (std::size_t i = 0; i < sim.models; ++i) {
        const auto model = invent_model("ollama", i);
        auto entry = ollama_entry(model.id, model.vendor, model.bytes);
        if (sim.capabilities) {
            json::array can = {"completion"};
            if (model.tools) can.emplace_back("tools");
            if (model.vision) can.emplace_back("vision");
            entry["capabilities"] = std::move(can);
            entry["details"].as_object()["context_length"] = model.context_length;
        }
        list.push_back(std::move(entry));
    }
    for (std::size_t i = 0; i < sim.others; ++i) {
        auto entry = ollama_entry(embedding_id(i), "nomic-bert", 274'302'450);
        if (sim.capabilities) entry["capabilities"] = json::array{"embedding"};
        list.push_back(std::move(entry));
    }
    return list;
}

json::array ollama_running(const ollama_sim& sim) {
    json::array list;
    for (std::size_t i = 0; i < sim.models; ++i) {
        const auto model = invent_model("ollama", i);
        if (!model.loaded) continue;
        auto entry = ollama_entry(model.id, model.vendor, model.bytes);
        entry["expires_at"] = "2026-06-04T14:38:31.83753-07:00";
        entry["size_vram"] = model.bytes;
        entry["context_length"] = 4096;
        list.push_back(std::move(entry));
    }
    return list;
}

json::object ollama_v1_list(const ollama_sim& sim) {
    json::array list;
    for (std::size_t i = 0; i < sim.models; ++i) list.push_back(openai_entry(invent_model("ollama", i).id, "library"));
    if (list.empty()) return {{"object", "list"}, {"data", nullptr}};
    return {{"object", "list"}, {"data", std::move(list)}};
}

script ollama_show(const ollama_sim& sim, const seen_request& request) {
    boost::system::error_code error;
    const auto wanted = json::parse(request.body, error);
    if (error || !wanted.is_object()) return json_answer(400, json::object{{"error", "invalid request"}});
    const auto* name = wanted.as_object().if_contains("model");
    for (std::size_t i = 0; name != nullptr && i < sim.models; ++i) {
        const auto model = invent_model("ollama", i);
        if (*name != json::value(model.id)) continue;
        json::object info = {{"general.architecture", "simulated"}, {"simulated.context_length", model.context_length}};
        return json_answer(200,
                           json::object{{"capabilities", json::array{"completion"}}, {"model_info", std::move(info)}});
    }
    return json_answer(404, json::object{{"error", "model not found"}});
}

bool is_local_host(std::string host) {
    if (const auto colon = host.rfind(':'); colon != std::string::npos && host.find(']', colon) == std::string::npos)
        host.erase(colon);
    return host == "localhost" || host.ends_with(".localhost") || host.ends_with(".local") ||
           host.ends_with(".internal") || host == "[::1]" || host.starts_with("127.");
}

// ---- LM Studio

json::object lmstudio_v1_entry(const invented_model& model) {
    json::array instances;
    if (model.loaded) {
        instances.push_back(
            json::object{{"id", model.id}, {"config", json::object{{"context_length", model.context_length / 4}}}});
    }
    return {{"type", "llm"},
            {"publisher", model.vendor},
            {"key", model.id},
            {"display_name", model.name},
            {"architecture", "simulated"},
            {"quantization", json::object{{"name", "Q4_K_M"}, {"bits_per_weight", 4}}},
            {"size_bytes", model.bytes},
            {"params_string", "7B"},
            {"loaded_instances", std::move(instances)},
            {"max_context_length", model.context_length},
            {"format", "gguf"},
            {"capabilities", json::object{{"vision", model.vision}, {"trained_for_tool_use", model.tools}}}};
}

json::object lmstudio_v0_entry(const invented_model& model) {
    json::object entry = {{"id", model.id},
                          {"object", "model"},
                          {"type", model.vision ? "vlm" : "llm"},
                          {"publisher", model.vendor},
                          {"arch", "simulated"},
                          {"compatibility_type", "gguf"},
                          {"quantization", "Q4_K_M"},
                          {"state", model.loaded ? "loaded" : "not-loaded"},
                          {"max_context_length", model.context_length}};
    if (model.loaded) entry["loaded_context_length"] = model.context_length / 4;
    if (model.tools) entry["capabilities"] = json::array{"tool_use"};
    return entry;
}

struct lmstudio_lists {
    std::string v1;
    std::string v0;
    std::string plain;
};

lmstudio_lists make_lmstudio_lists(const lmstudio_sim& sim) {
    json::array v1;
    json::array v0;
    json::array plain;
    for (std::size_t i = 0; i < sim.models; ++i) {
        const auto model = invent_model("lmstudio", i);
        v1.push_back(lmstudio_v1_entry(model));
        v0.push_back(lmstudio_v0_entry(model));
        plain.push_back(json::object{{"id", model.id}, {"object", "model"}, {"owned_by", "organization_owner"}});
    }
    for (std::size_t i = 0; i < sim.others; ++i) {
        const auto id = embedding_id(i);
        v1.push_back(json::object{{"type", "embedding"},
                                  {"publisher", "nomic-ai"},
                                  {"key", id},
                                  {"display_name", id},
                                  {"loaded_instances", json::array{}},
                                  {"max_context_length", 2048}});
        v0.push_back(json::object{{"id", id}, {"object", "model"}, {"type", "embeddings"}, {"state", "not-loaded"}});
        plain.push_back(json::object{{"id", id}, {"object", "model"}, {"owned_by", "organization_owner"}});
    }
    const auto listed = [](json::array& data) {
        return json::serialize(json::object{{"object", "list"}, {"data", std::move(data)}});
    };
    return {json::serialize(json::object{{"models", std::move(v1)}}), listed(v0), listed(plain)};
}

}  // namespace

behaviour simulated_ollama(const ollama_sim& sim) {
    const auto tags = json::serialize(json::object{{"models", ollama_tags(sim)}});
    const auto running = json::serialize(json::object{{"models", ollama_running(sim)}});
    const auto v1_list = json::serialize(ollama_v1_list(sim));
    return [=](const seen_request& request) -> script {
        if (!is_local_host(request.header("Host").value_or(""))) return {.status = 403};
        if (!sim.key.empty() && !has_bearer(request, sim.key))
            return json_answer(401, json::object{{"error", "unauthorized"}});
        if (const auto foreign = foreign_parts(request); !foreign.empty())
            return json_answer(400, json::object{{"error", "unexpected " + foreign}});
        const bool reads = request.method == "GET" || request.method == "HEAD";
        if (request.target == "/" && reads) return text_answer(200, "Ollama is running");
        if (request.target == "/api/version" && reads) return json_answer(200, json::object{{"version", "0.32.15"}});
        if (request.target == "/api/tags" && reads) return json_answer(200, tags);
        if (request.target == "/api/ps" && request.method == "GET") return json_answer(200, running);
        if (request.target == "/api/show" && request.method == "POST") return ollama_show(sim, request);
        if (request.target == "/v1/models" && request.method == "GET") return json_answer(200, v1_list);
        return text_answer(404, "404 page not found");
    };
}

behaviour simulated_lmstudio(const lmstudio_sim& sim) {
    const auto lists = make_lmstudio_lists(sim);
    return [=](const seen_request& request) -> script {
        const header_list express = {{"X-Powered-By", "Express"}};
        if (request.target == "/lmstudio-greeting") return json_answer(200, json::object{{"lmstudio", true}}, express);
        if (!sim.key.empty() && !has_bearer(request, sim.key)) {
            json::object error = {{"type", "invalid_request"},
                                  {"code", "invalid_api_key"},
                                  {"message", "An API token is required to make requests to this server."}};
            return json_answer(sim.refusal_status, json::object{{"error", std::move(error)}}, express);
        }
        if (request.method == "GET" && foreign_parts(request).empty()) {
            if (request.target == "/v1/models") return json_answer(200, lists.plain, express);
            if (request.target == "/api/v0/models" && sim.generation != lmstudio_generation::plain)
                return json_answer(200, lists.v0, express);
            if (request.target == "/api/v1/models" && sim.generation == lmstudio_generation::v1)
                return json_answer(200, lists.v1, express);
        }
        const auto error = fmt::format("Unexpected endpoint or method. ({} {})", request.method, request.target);
        return json_answer(200, json::object{{"error", error}}, express);
    };
}

behaviour simulated_openai_compat(const openai_compat_sim& sim) {
    json::array data;
    for (std::size_t i = 0; i < sim.models; ++i) {
        const auto model = invent_model("openai-compat", i);
        auto entry = openai_entry(model.id, "vllm");
        entry["root"] = model.id;
        entry["parent"] = nullptr;
        entry["max_model_len"] = model.context_length;
        entry["permission"] = json::array{json::object{{"id", "modelperm-1"}, {"object", "model_permission"}}};
        data.push_back(std::move(entry));
    }
    const auto list = json::serialize(json::object{{"object", "list"}, {"data", std::move(data)}});
    return [=](const seen_request& request) -> script {
        if (request.target == "/health") return {};
        if (request.target == "/version") return json_answer(200, json::object{{"version", "0.26.0"}});
        if (!sim.key.empty() && request.target.starts_with("/v1") && !has_bearer(request, sim.key))
            return json_answer(401, json::object{{"error", "Unauthorized"}});
        if (request.target != "/v1/models") return json_answer(404, json::object{{"detail", "Not Found"}});
        if (request.method != "GET")
            return json_answer(405, json::object{{"detail", "Method Not Allowed"}}, {{"Allow", "GET"}});
        if (const auto foreign = foreign_parts(request); !foreign.empty()) {
            json::object error = {{"message", "unexpected " + foreign}, {"type", "BadRequestError"}, {"code", 400}};
            return json_answer(400, json::object{{"error", std::move(error)}});
        }
        return json_answer(200, list);
    };
}

}  // namespace opd::test
