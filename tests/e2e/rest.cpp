#include "tests/e2e/rest.hpp"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace json = boost::json;

namespace opd::test {
namespace {

/// One write(2), so that nobody sees half of it.
void write_at_once(const std::filesystem::path& file, int flags, std::string_view text) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CLOEXEC | flags, 0600);
    if (descriptor < 0) throw std::runtime_error("cannot open " + file.string());
    const auto written = ::write(descriptor, text.data(), text.size());
    ::close(descriptor);
    if (!std::cmp_equal(written, text.size())) throw std::runtime_error("cannot write " + file.string());
}

std::string text_at(const json::value& from, std::string_view name) {
    const json::value* found = from.is_object() ? from.get_object().if_contains(name) : nullptr;
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

}  // namespace

std::string rest_answer::error() const { return text_at(json, "error"); }

std::string rest_answer::message() const { return text_at(json, "message"); }

std::string rest_answer::fields() const {
    std::string names;
    if (!json.is_object() || !json.get_object().contains("details")) return names;
    for (const json::value& detail : json.at("details").as_array()) {
        if (text_at(detail, "message").empty()) names += "(without a message) ";
        names += fmt::format("{}{}", names.empty() ? "" : " ", text_at(detail, "field"));
    }
    return names;
}

rest_answer rest_client::ask(std::string_view method, std::string_view path, const header_list& headers,
                             std::string_view body) {
    rest_answer answer;
    answer.http = client_.request(method, fmt::format("/api/v1{}", path), headers, body);
    answer.json = json::parse(answer.http.body);
    return answer;
}

rest_answer rest_client::write(std::string_view method, std::string_view path, const json::value& body,
                               header_list headers) {
    headers.emplace_back("Content-Type", "application/json");
    return ask(method, path, headers, json::serialize(body));
}

std::string segment(std::string_view name) {
    std::string encoded;
    for (const char c : name) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
        encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

std::string server_path(std::string_view name) { return "/model-servers/" + segment(name); }

std::string delegator_path(std::string_view name) { return "/delegators/" + segment(name); }

json::object simple_server(std::string_view name) {
    return {{"name", name}, {"kind", "openai-compat"}, {"base_url", "http://127.0.0.1:1"}};
}

json::object without_name(json::object entry) {
    entry.erase("name");
    return entry;
}

std::string read_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void rename_over(const std::filesystem::path& file, std::string_view text) {
    const auto fresh = std::filesystem::path(file.string() + "~new");
    write_at_once(fresh, O_CREAT | O_TRUNC, text);
    std::filesystem::rename(fresh, file);
}

void write_in_place(const std::filesystem::path& file, std::string_view text) { write_at_once(file, O_TRUNC, text); }

void append_to(const std::filesystem::path& file, std::string_view text) { write_at_once(file, O_APPEND, text); }

bool comes_true(const std::function<bool()>& condition, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));  // the daemon needs the processor, too
    }
    return true;
}

int check_config(const std::filesystem::path& file) {
    const process checker({program_path("operatord"), "--check-config", "--config", file}, {{"HOME", "/"}});
    return checker.wait_for_exit().value_or(-1);
}

}  // namespace opd::test
