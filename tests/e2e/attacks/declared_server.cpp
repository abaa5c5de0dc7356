#include "tests/e2e/attacks/declared_server.hpp"

#include "tests/e2e/rest.hpp"

#include <fmt/format.h>

#include <exception>

namespace json = boost::json;

namespace opd::test {
namespace {

std::string fresh_name() {
    static int number = 0;
    return fmt::format("declared-{}", ++number);
}

std::string whole(const http_answer& answer) {
    std::string text;
    for (const auto& [name, value] : answer.headers) text += fmt::format("{}: {}\n", name, value);
    return text + answer.body + '\n';
}

}  // namespace

declared_server::declared_server(arena& where, std::string_view kind, std::string_view base_url,
                                 const json::object& more)
    : where_(where),
      daemon_(where.holder()),
      name_(fresh_name()),
      log_before_(daemon_.program().standard_error().size()) {
    json::object fields{{"name", name_}, {"kind", kind}, {"base_url", base_url}};
    for (const auto& [name, value] : more) fields[name] = value;
    const rest_answer made = rest_client(daemon_.local()).post("/model-servers", fields);
    if (made.status() != 201) throw not_taken("it is not taken: " + made.message());
}

declared_server::~declared_server() {
    try {
        daemon_.local().request("DELETE", "/api/v1/model-servers/" + name_);
    } catch (const std::exception&) {
        // The daemon has gone; the attack says so.
    }
}

json::value declared_server::models() const {
    return rest_client(daemon_.local()).get(server_path(name_) + "/models").json;
}

std::string declared_server::status() const { return std::string(models().at("status").as_string()); }

std::size_t declared_server::count_models() const {
    daemon_.local().get("/api/v1" + server_path(name_) + "/models");
    const json::value about = rest_client(daemon_.local()).get(server_path(name_)).json;
    return about.at("probe").at("model_count").to_number<std::size_t>();
}

std::string declared_server::plan(std::string_view tool) const {
    return rest_client(daemon_.local())
        .post("/launch/resolve", {{"llm_tool", tool}, {"model", "m"}, {"model_server", name_}, {"force", true}})
        .http.body;
}

std::string declared_server::logged() const { return daemon_.program().standard_error().substr(log_before_); }

std::string declared_server::all_that_is_told() const {
    models();
    std::string told;
    http_client tcp = daemon_.tcp();
    http_client local = daemon_.local();
    for (const std::string& path : {std::string("/model-servers"), server_path(name_), server_path(name_) + "/models"})
        told += whole(tcp.get("/api/v1" + path)) + whole(local.get("/api/v1" + path));
    const arena::finished shown = where_.operatorctl({"--socket", daemon_.socket(), "models", name_});
    return told + shown.out + shown.err + logged();
}

json::object with_key() { return {{"api_key_env", "LAB_KEY"}}; }

}  // namespace opd::test
