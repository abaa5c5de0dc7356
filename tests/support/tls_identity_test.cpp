#include "tests/support/tls_identity.hpp"

#include "tests/support/http_fixture/model_server_sim.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

using namespace opd::test;
namespace asio = boost::asio;

namespace {

struct outcome {
    long verification = 0;  ///< X509_V_OK or why not
    std::string answer{};
};

/// Connects as `name`, trusting `anchor_pem` alone.
outcome ask(const model_server_sim& server, const std::string& anchor_pem, const std::string& name) {
    asio::io_context io;
    asio::ssl::context context(asio::ssl::context::tls_client);
    context.add_certificate_authority(asio::buffer(anchor_pem));
    context.set_verify_mode(asio::ssl::verify_peer);
    asio::ssl::stream<asio::ip::tcp::socket> stream(io, context);
    auto* ssl = stream.native_handle();
    boost::system::error_code not_an_address;
    asio::ip::make_address(name, not_an_address);
    if (not_an_address) {
        SSL_set1_host(ssl, name.c_str());
        SSL_set_tlsext_host_name(ssl, name.c_str());
    } else {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str());
    }
    stream.next_layer().connect({asio::ip::address_v4::loopback(), server.port()});
    boost::system::error_code error;
    stream.handshake(asio::ssl::stream_base::client, error);
    outcome result{.verification = SSL_get_verify_result(ssl)};
    if (error) return result;
    asio::write(stream, asio::buffer(std::string_view("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")));
    asio::read(stream, asio::dynamic_buffer(result.answer), error);
    CHECK(error == asio::error::eof);
    return result;
}

}  // namespace

TEST_CASE("a certificate is good for its names, in its time, to those who trust its authority") {
    const test_authority authority;
    const test_authority stranger;
    const certificate_wish wish{.dns_names = {"models.test"}, .ip_addresses = {"127.0.0.1", "::1"}};
    model_server_sim server({.tls = authority.issue(wish)});
    server.answer("/", text_answer(200, "secured"));
    CHECK(server.base_url("models.test") == "https://models.test:" + std::to_string(server.port()));

    const auto good = ask(server, authority.certificate_pem(), "models.test");
    CHECK(good.verification == X509_V_OK);
    CHECK(good.answer.ends_with("\r\n\r\nsecured"));
    REQUIRE(server.requests().size() == 1);
    CHECK(server.requests()[0].server_name == "models.test");
    CHECK(ask(server, authority.certificate_pem(), "127.0.0.1").verification == X509_V_OK);
    CHECK(ask(server, authority.certificate_pem(), "other.test").verification == X509_V_ERR_HOSTNAME_MISMATCH);
    CHECK(ask(server, authority.certificate_pem(), "127.0.0.2").verification == X509_V_ERR_IP_ADDRESS_MISMATCH);
    CHECK(ask(server, stranger.certificate_pem(), "models.test").verification ==
          X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

TEST_CASE("certificates can be expired, early, or their own witness") {
    const test_authority authority;
    const auto verification = [&](const tls_identity& identity) {
        const model_server_sim server({.tls = identity});
        return ask(server, authority.certificate_pem(), "models.test").verification;
    };
    CHECK(verification(authority.issue({.dns_names = {"models.test"}, .valid_from_days = -9, .valid_for_days = -1})) ==
          X509_V_ERR_CERT_HAS_EXPIRED);
    CHECK(verification(authority.issue({.dns_names = {"models.test"}, .valid_from_days = 2})) ==
          X509_V_ERR_CERT_NOT_YET_VALID);
    CHECK(verification(self_signed({.dns_names = {"models.test"}})) == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
}
