#pragma once

#include "tests/e2e/running_daemon.hpp"

#include <boost/json.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace opd::test {

/// An answer of the API, with its JSON.
struct rest_answer {
    http_answer http;
    boost::json::value json;

    unsigned status() const { return http.status; }

    /// `error` of a refusal; else empty.
    std::string error() const;
    std::string message() const;
    /// The names in `details`, separated by blanks.
    std::string fields() const;
};

/// A client of the API. Paths are below /api/v1. A body is sent as application/json.
class rest_client {
public:
    explicit rest_client(http_client client) : client_(std::move(client)) {}

    rest_answer get(std::string_view path) { return ask("GET", path, {}, {}); }

    rest_answer post(std::string_view path, const boost::json::value& body) { return write("POST", path, body); }

    rest_answer put(std::string_view path, const boost::json::value& body, header_list headers = {}) {
        return write("PUT", path, body, std::move(headers));
    }

    rest_answer remove(std::string_view path, const header_list& headers = {}) {
        return ask("DELETE", path, headers, {});
    }

    rest_answer ask(std::string_view method, std::string_view path, const header_list&, std::string_view body);

private:
    rest_answer write(std::string_view method, std::string_view path, const boost::json::value& body,
                      header_list headers = {});

    http_client client_;
};

/// A name as a segment of a path.
std::string segment(std::string_view name);
std::string server_path(std::string_view name);
std::string delegator_path(std::string_view name);

/// A model server with what REST takes, its listing on a port that refuses.
boost::json::object simple_server(std::string_view name);
/// An entry as a client sends it for PUT.
boost::json::object without_name(boost::json::object entry);

std::string read_file(const std::filesystem::path&);
/// As editors do it: a new file, renamed over the old one.
void rename_over(const std::filesystem::path&, std::string_view text);
/// As `>` of a shell does it: the same file, emptied and written.
void write_in_place(const std::filesystem::path&, std::string_view text);
/// As `>>` of a shell does it.
void append_to(const std::filesystem::path&, std::string_view text);

/// Asks again and again whether it is so; false if it is not within `patience`.
bool comes_true(const std::function<bool()>&, std::chrono::milliseconds patience = std::chrono::seconds(10));

/// Runs `operatord --check-config`; its exit code.
int check_config(const std::filesystem::path&);

}  // namespace opd::test
