// The rungs of the status ladder that TLS leads to, and certificates that are good after all.
#include "tests/probes/rude_server.hpp"
#include "tests/probes/trial.hpp"
#include "tests/support/http_fixture/model_server_sim.hpp"
#include "tests/support/temp_folder.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace opd;
using namespace opd::test;
using namespace std::chrono_literals;
using enum probe_status;

namespace {

const certificate_wish for_loopback{.dns_names = {"localhost"}, .ip_addresses = {"127.0.0.1"}};

/// What a probe of a server with this certificate says; `ca_file` may be empty.
report ask(const tls_identity& identity, const std::string& ca_file, std::uint16_t* port = nullptr) {
    model_server_sim server({.tls = identity});
    server.answer("/v1/models", json_answer(200, std::string(two_models)));
    if (port != nullptr) *port = server.port();
    trial asking{.server = declared_with_key("openai-compat", server.base_url() + "/v1")};
    if (!ca_file.empty()) asking.server.ca_file = ca_file;
    report got = asking.run();
    if (got.status == ok)
        CHECK(got.models.size() == 2);
    else
        CHECK(server.requests().empty());
    return got;
}

void check_refused(const tls_identity& identity, const std::string& ca_file, const verdict& wanted) {
    std::uint16_t port = 0;
    const report got = ask(identity, ca_file, &port);
    check_verdict(got, port, wanted);
    CHECK_FALSE(got.latency.has_value());
}

}  // namespace

TEST_CASE("a CA file may be named by its place in the home") {
    const temp_folder folder;
    const test_authority authority;
    const std::string home = std::getenv("HOME") == nullptr ? "/" : std::getenv("HOME");
    ::setenv("HOME", folder.path().c_str(), 1);
    const auto ca_file = "~/" + authority.write_certificate(folder.path()).filename().string();
    CHECK(ask(authority.issue(for_loopback), ca_file).status == ok);
    ::setenv("HOME", home.c_str(), 1);
}

TEST_CASE("a certificate that proves nothing is tls_error, and the key stays here") {
    const temp_folder folder;
    const test_authority authority;
    const std::string ca_file = authority.write_certificate(folder.path()).string();

    SUBCASE("for another name") {
        check_refused(authority.issue({.dns_names = {"models.test"}}), ca_file,
                      {tls_error, "no secure connection to https://127.0.0.1:PORT (IP address mismatch)",
                       "its certificate is for another name than \"127.0.0.1\": use the name it was made for in "
                       "base_url of model server \"lab\""});
    }
    SUBCASE("signed by itself") {
        check_refused(self_signed(for_loopback), "",
                      {tls_error, "no secure connection to https://127.0.0.1:PORT (self-signed certificate)",
                       "if the server is yours, set ca_file of model server \"lab\" to its certificate, or to that of "
                       "your own authority"});
    }
    SUBCASE("of an authority nobody knows") {
        check_refused(
            authority.issue(for_loopback), "",
            {tls_error, "no secure connection to https://127.0.0.1:PORT (unable to get local issuer certificate)",
             "set ca_file of model server \"lab\" to the certificate of the authority that signed the server's, or "
             "install ca-certificates"});
    }
    SUBCASE("expired") {
        auto wish = for_loopback;
        wish.valid_from_days = -10;
        wish.valid_for_days = -1;
        check_refused(authority.issue(wish), ca_file,
                      {tls_error, "no secure connection to https://127.0.0.1:PORT (certificate has expired)",
                       "the server's certificate has to be renewed; check this machine's clock, too"});
    }
    SUBCASE("not valid yet") {
        auto wish = for_loopback;
        wish.valid_from_days = 2;
        check_refused(authority.issue(wish), ca_file,
                      {tls_error, "no secure connection to https://127.0.0.1:PORT (certificate is not yet valid)",
                       "check the clocks of this machine and of the server"});
    }
}

TEST_CASE("a ca_file makes a server's own certificate or authority good") {
    const temp_folder folder;
    const test_authority authority;
    const auto ca_file = authority.write_certificate(folder.path()).string();
    CHECK(ask(authority.issue(for_loopback), ca_file).status == ok);

    const auto own = self_signed(for_loopback);
    CHECK(ask(own, folder.write("own.pem", own.certificate_pem).string()).status == ok);
}

TEST_CASE("a ca_file that cannot be used is said to be the reason") {
    const temp_folder folder;
    const auto identity = self_signed(for_loopback);
    const std::string pem = "set ca_file to a readable file of certificates in PEM form";
    const auto unusable = [](const std::string& file, const std::string& why) {
        return "the ca_file of model server \"lab\" cannot be used (" + file + ": " + why + ")";
    };
    const std::string missing = (folder.path() / "missing.pem").string();
    check_refused(identity, missing, {tls_error, unusable(missing, "No such file or directory"), pem});
    const std::string empty = folder.write("empty.pem", "no certificate at all\n").string();
    check_refused(identity, empty,
                  {tls_error, unusable(empty, "no certificate or crl found (x509 certificate routines)"), pem});
    check_refused(identity, folder.path().string(),
                  {tls_error, unusable(folder.path().string(), "it is not a regular file"), pem});
}

TEST_CASE("http and https that meet the other one say so") {
    SUBCASE("https to a port that answers everything in clear") {
        const rude_server server("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        const auto base = "https://127.0.0.1:" + std::to_string(server.port());
        check_verdict(
            trial{.server = declared_with_key("openai-compat", base)}.run(), server.port(),
            {tls_error, "no secure connection to https://127.0.0.1:PORT (wrong version number (SSL routines))",
             "the port does not speak TLS: write http:// in base_url of model server \"lab\""});
    }
    SUBCASE("https to a port that waits for more") {
        const model_server_sim server;
        const auto base = "https://127.0.0.1:" + std::to_string(server.port());
        const trial asking{.server = declared_with_key("openai-compat", base), .timeout = 500ms};
        check_verdict(asking.run(), server.port(),
                      {timeout, "the TLS handshake with https://127.0.0.1:PORT took more than 500ms",
                       "if the port does not speak TLS, write http:// in base_url of model server \"lab\""});
    }
    SUBCASE("http to a port that speaks TLS") {
        const model_server_sim server({.tls = self_signed(for_loopback)});
        const auto base = "http://127.0.0.1:" + std::to_string(server.port());
        check_verdict(
            trial{.server = declared_with_key("openai-compat", base)}.run(), server.port(),
            {network_error, "http://127.0.0.1:PORT closed the connection without an answer",
             "if the port speaks TLS, write https:// in base_url of model server \"lab\"; else see the server's log"});
    }
    SUBCASE("http to a port that speaks TLS and says so") {
        const rude_server server(
            "HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n"
            "<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>");
        const auto base = "http://127.0.0.1:" + std::to_string(server.port());
        check_verdict(
            trial{.server = declared_with_key("openai-compat", base)}.run(), server.port(),
            {http_error,
             "GET http://127.0.0.1:PORT/v1/models answered 400: The plain HTTP request was sent to HTTPS port",
             "the port speaks TLS: write https:// in base_url of model server \"lab\""});
    }
}

TEST_CASE("a TLS server that leaves without a word has still answered") {
    const temp_folder folder;
    const auto identity = self_signed(for_loopback);
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    const auto ask_rude = [&](const std::string& answer) {
        const rude_server server(answer, identity);
        trial asking{.server = declared("openai-compat", "https://localhost:" + std::to_string(server.port()) + "/v1")};
        asking.server.ca_file = folder.write("own.pem", identity.certificate_pem).string();
        return asking.run();
    };
    const report whole = ask_rude(head + "\r\n" + std::string(two_models));
    CHECK(whole.status == ok);
    CHECK(whole.models.size() == 2);
    CHECK(ask_rude(head + "Content-Length: 999\r\n\r\n" + std::string(two_models)).status == bad_response);
    CHECK(ask_rude("").status == network_error);
}
