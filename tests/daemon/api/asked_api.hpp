#pragma once

#include "daemon/api/api.hpp"
#include "tests/daemon/probing.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace opd::test {

/// A configuration file in a fresh folder, and what was read from it.
struct configured {
    explicit configured(std::string_view text) : file(folder.write("operator.toml", text)), first(read()) {}

    std::string file_text() const {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    temp_folder folder;
    std::filesystem::path file;
    state::config_snapshot_ptr first;

private:
    state::config_snapshot_ptr read() const {
        auto text = read_config_file(file);
        if (!text) throw std::runtime_error(text.error().text());
        auto loaded = parse_config(text->text, file.string());
        if (!loaded) throw std::runtime_error(loaded.error().text());
        return state::first_snapshot(std::move(*text), std::move(*loaded));
    }
};

/// The API over that configuration, asked without a network: what servers are asked waits for the test.
class api_on : public configured, public probing {
public:
    explicit api_on(std::string_view toml) : configured(toml), probing(all_servers(first->loaded.values)) {
        info.started_at = state::wall_time(std::chrono::seconds(1'700'000'000));
        info.instance = "i";
        other_keys = [this](std::string_view name) { return pushed_key(name); };
        scheduler.start();
        configuration.start();
    }

    ~api_on() {
        other_keys = nullptr;
        configuration.stop();
        tools.stop();
        run(loop, configuration.join());
        run(loop, tools.join());
    }

    api_on(const api_on&) = delete;
    api_on& operator=(const api_on&) = delete;

    /// As the session does it.
    wire::answer ask(wire::request what) {
        if (what.method.empty()) what.method = "GET";
        if (what.host.empty()) what.host = "localhost:7008";
        if (what.own_port == 0) what.own_port = 7008;
        const auto decided = api->accept(what);
        if (const auto* const refused = std::get_if<wire::answer>(&decided)) return *refused;
        wire::reply given = std::get<wire::accepted_request>(decided).respond(what);
        auto* const later = std::get_if<boost::asio::awaitable<wire::answer>>(&given);
        return later != nullptr ? run(loop, std::move(*later)) : std::get<wire::answer>(given);
    }

    /// The same within a coroutine; the request must live until its end.
    boost::asio::awaitable<wire::answer> handle(const wire::request& what) {
        auto decided = api->accept(what);
        if (const auto* const refused = std::get_if<wire::answer>(&decided)) co_return *refused;
        const auto accepted = std::get<wire::accepted_request>(std::move(decided));
        wire::reply given = accepted.respond(what);
        auto* const later = std::get_if<boost::asio::awaitable<wire::answer>>(&given);
        if (later == nullptr) co_return std::get<wire::answer>(given);
        wire::answer waited_for = co_await std::move(*later);
        co_return waited_for;
    }

    wire::answer get(std::string_view target) { return ask({.target = target}); }

    wire::answer post(std::string_view target, std::string_view body) {
        return ask({.method = "POST", .target = target, .content_type = "application/json", .body = body});
    }

    wire::answer put(std::string_view target, std::string_view body) {
        return ask({.method = "PUT", .target = target, .content_type = "application/json", .body = body});
    }

    wire::answer remove(std::string_view target) { return ask({.method = "DELETE", .target = target}); }

    /// Somebody edits the file by hand, and the daemon has seen it.
    void edit(std::string_view text) {
        folder.write("operator.toml", text);
        const std::uint64_t generation = configuration.current().generation;
        const std::string error = configuration.error();
        configuration.reload();
        const auto seen = [&] {
            return configuration.current().generation != generation || configuration.error() != error;
        };
        if (!until(seen)) throw std::runtime_error("the edit was not seen");
    }

    /// The environment of this program is none of a test's business.
    std::optional<secret> pushed_key(std::string_view name) const {
        keys::key_search search = store.find(name);
        if (!search.found || search.found->source == keys::key_source::environment) return std::nullopt;
        return std::move(search.found->value);
    }

    api::daemon_info info;
    loop::worker_threads workers;
    state::config_store configuration{
        loop.get_executor(),
        workers,
        {.file = file, .state_folder = {}},
        first,
        [this](const state::config_snapshot& next) { reload(all_servers(next.loaded.values)); },
        log.logger()};
    tools::tool_settings settings_of_tools{.places = {.search_path = (folder.path() / "bin").string(), .home = {}}};
    tools::installed_tools tools{loop.get_executor(), workers, settings_of_tools, log.logger()};
    keys::key_store store{
        {}, [this](std::span<const std::string> names) { scheduler.follow_keys(names); }, log.logger()};
    api::answer_cache answers{servers};
    bridge::bridge bridge{
        loop.get_executor(), servers, transport, [this](std::string_view name) { return pushed_key(name); }, workers,
        log.logger()};
    std::unique_ptr<wire::request_handler> api = api::make_api({.configuration = configuration,
                                                                .servers = servers,
                                                                .answers = answers,
                                                                .probes = scheduler,
                                                                .tools = tools,
                                                                .keys = store,
                                                                .bridge = bridge,
                                                                .info = info,
                                                                .log = log.logger()});
};

inline std::string text_of(const wire::answer& given) {
    std::string text;
    for (const auto& one : given.body->pieces) text += *one;
    return text;
}

inline boost::json::value json_of(const wire::answer& given) { return boost::json::parse(text_of(given)); }

inline void check_error(const wire::answer& given, unsigned status, std::string_view code, std::string_view message) {
    CHECK(given.status == status);
    CHECK(json_of(given).at("error").as_string() == code);
    CHECK(json_of(given).at("message").as_string() == message);
    CHECK_FALSE(given.tagged);
    CHECK(given.etag.empty());
    CHECK(given.location.empty());
}

}  // namespace opd::test
