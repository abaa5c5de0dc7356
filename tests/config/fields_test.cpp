#include "config/fields.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace opd {
namespace {

model_server full_server() {
    model_server all;
    all.name = "lab";
    all.kind = find_kind("openai-compat");
    all.base_url = "http://h:1";
    all.api_key_env = "KEY";
    all.extra_env = {{"B", "2"}, {"A", "1"}};
    all.display_name = "Lab";
    all.probe = probe_mode::never;
    all.interval = std::chrono::seconds(90);
    all.timeout = std::chrono::milliseconds(1500);
    all.ca_file = "/ca.pem";
    all.allow_plaintext_key = true;
    return all;
}

delegator full_delegator() {
    return {.name = "d",
            .llm_tool = "codex",
            .model = "m",
            .model_server = "lab",
            .display_name = "D",
            .model_properties = boost::json::parse(R"({"a": 1})").as_object(),
            .launch_config = boost::json::object(),
            .remote_agent = boost::json::parse(R"({"id": "i"})").as_object()};
}

template <class Entry>
Entry copied(const Entry& from) {
    Entry made;
    for (const field<Entry>& row : fields_of<Entry>()) copy_field(row, from, made);
    return made;
}

template <class Entry>
std::string names_in_api() {
    std::string names;
    for (const field<Entry>* row : api_fields_of<Entry>())
        names += (names.empty() ? "" : " ") + std::string(row->in_api);
    return names;
}

template <class Entry>
std::string table(const Entry& entry, const std::vector<std::string_view>& idle = {}) {
    return boost::json::serialize(entry_table(entry, idle));
}

}  // namespace

TEST_CASE("every member of a server and of a delegator has its row") {
    CHECK(copied(full_server()) == full_server());
    CHECK(copied(full_delegator()) == full_delegator());
}

TEST_CASE("the fields have the order of the contract, over REST and in the file") {
    CHECK(names_in_api<model_server>() ==
          "name kind base_url api_key_env extra_env display_name probe_mode interval timeout ca_file "
          "allow_plaintext_key bridge");
    CHECK(names_in_api<delegator>() ==
          "name llm_tool model display_name model_properties model_server launch_config remote_agent");
    CHECK(table(full_server()) ==
          R"({"name":"lab","kind":"openai-compat","base_url":"http://h:1","api_key_env":"KEY",)"
          R"("extra_env":{"B":"2","A":"1"},"display_name":"Lab","probe":"never","interval":"90s","timeout":"1500ms",)"
          R"("ca_file":"/ca.pem","allow_plaintext_key":true})");
    CHECK(table(full_delegator()) ==
          R"({"name":"d","llm_tool":"codex","model":"m","model_server":"lab","display_name":"D",)"
          R"("model_properties":{"a":1},"launch_config":{},"remote_agent":{"id":"i"}})");
}

TEST_CASE("what is absent is not written, unless it stands there already") {
    model_server least;
    least.name = "a";
    least.kind = find_kind("ollama");
    CHECK(table(least) == R"({"name":"a","kind":"ollama"})");
    CHECK(table(least, {"extra_env", "probe", "allow_plaintext_key"}) ==
          R"({"name":"a","kind":"ollama","extra_env":{},"probe":"auto","allow_plaintext_key":false})");
    toml_node written;
    for (const char* key : {"probe", "name", "note", "base_url"}) written.children.emplace_back().key = key;
    CHECK(idle_fields(least, written) == std::vector<std::string_view>{"base_url", "probe"});
    CHECK(idle_fields(full_server(), written).empty());
}

TEST_CASE("entries are the same up to what the file does not tell apart") {
    model_server turned = full_server();
    std::ranges::reverse(turned.extra_env);
    CHECK(same_entry(full_server(), turned));
    turned.timeout = std::chrono::milliseconds(1501);
    CHECK_FALSE(same_entry(full_server(), turned));
    delegator real = full_delegator();
    real.model_properties = boost::json::parse(R"({"a": 1.0})").as_object();
    CHECK(same_entry(full_delegator(), real));
    real.launch_config.reset();
    CHECK_FALSE(same_entry(full_delegator(), real));
}

}  // namespace opd
