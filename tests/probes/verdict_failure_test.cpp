#include "probes/verdict.hpp"
#include "tests/probes/samples.hpp"

using namespace opd;
using namespace opd::testing;
using namespace std::chrono_literals;

namespace {

using why = failure::reason;

report judge(const char* slug, failure none, bool tls = false) {
    model_server server;
    server.name = "mine";
    server.kind = find_kind(slug);
    server.base_url = "http://declared";
    server.api_key_env = "MY_KEY";
    api_root root = root_of("gpu.lan");
    root.tls = tls;
    const secret held("sekrit-0123456789");
    const key_pieces key(held);
    return judge_failure({.server = server, .root = root, .key_env = "MY_KEY", .key = key, .timeout = 5s}, none);
}

}  // namespace

TEST_CASE("a lack of an answer says where it stopped and what to do") {
    struct {
        const char* slug;
        failure none;
        probe_status status;
        const char* error;
        const char* hint;
    } const cases[] = {
        {"ollama",
         {why::timed_out, stage::resolve, ""},
         probe_status::timeout,
         "looking up the name \"gpu.lan\" took more than 5s",
         "check the network connection and the name service"},
        {"ollama",
         {why::timed_out, stage::connect, ""},
         probe_status::timeout,
         "connecting to http://gpu.lan:8000 took more than 5s",
         "check that the machine is on, that base_url of model server \"mine\" is right, and that no firewall or VPN "
         "is "
         "in the way"},
        {"ollama",
         {why::timed_out, stage::tls, ""},
         probe_status::timeout,
         "the TLS handshake with http://gpu.lan:8000 took more than 5s",
         "if the port does not speak TLS, write http:// in base_url of model server \"mine\""},
        {"ollama",
         {why::timed_out, stage::send, ""},
         probe_status::timeout,
         "http://gpu.lan:8000 took no request within 5s",
         "the server is busy or stuck: see its log, or raise timeout in [probes]"},
        {"ollama",
         {why::timed_out, stage::header, ""},
         probe_status::timeout,
         "http://gpu.lan:8000 took the request, but gave no answer within 5s",
         "the server is busy or stuck: see its log, or raise timeout in [probes]"},
        {"ollama",
         {why::timed_out, stage::body, ""},
         probe_status::timeout,
         "http://gpu.lan:8000 began to answer, but did not end within 5s",
         "the server is busy or stuck: see its log, or raise timeout in [probes]"},
        {"ollama",
         {why::unknown_host, stage::resolve, "Name or service not known"},
         probe_status::dns_error,
         "the name \"gpu.lan\" has no address",
         "check the host in base_url of model server \"mine\", and the network or VPN that knows it"},
        {"ollama",
         {why::resolver, stage::resolve, "Temporary failure"},
         probe_status::dns_error,
         "the name service did not tell the address of \"gpu.lan\" (Temporary failure)",
         "check the network connection and the name service"},
        {"ollama",
         {why::refused, stage::connect, "Connection refused"},
         probe_status::refused,
         "http://gpu.lan:8000 refused the connection: nothing listens there",
         "start it with `ollama serve`, or set base_url of model server \"mine\" to where it runs"},
        {"lmstudio",
         {why::refused, stage::connect, "Connection refused"},
         probe_status::refused,
         "http://gpu.lan:8000 refused the connection: nothing listens there",
         "start its server with `lms server start`, or in LM Studio under Developer, or set base_url of model server "
         "\"mine\" to where it runs"},
        {"openai-compat",
         {why::refused, stage::connect, "Connection refused"},
         probe_status::refused,
         "http://gpu.lan:8000 refused the connection: nothing listens there",
         "start the server, or set base_url of model server \"mine\" to where it runs"},
        {"ollama",
         {why::unreachable, stage::connect, "No route to host"},
         probe_status::network_error,
         "connecting to http://gpu.lan:8000 failed (No route to host)",
         "check the network, and that base_url of model server \"mine\" is right"},
        {"ollama",
         {why::unreachable, stage::body, "Connection reset by peer"},
         probe_status::network_error,
         "the connection to http://gpu.lan:8000 broke while reading the answer (Connection reset by peer)",
         "see the server's log; it is asked again later"},
        {"ollama",
         {why::closed, stage::header, "end of stream"},
         probe_status::network_error,
         "http://gpu.lan:8000 closed the connection without an answer",
         "if the port speaks TLS, write https:// in base_url of model server \"mine\"; else see the server's log"},
        {"ollama",
         {why::closed, stage::body, "partial message"},
         probe_status::bad_response,
         "http://gpu.lan:8000 closed the connection in the middle of its answer",
         "the server, or a proxy before it, cut its answer short: see its log"},
        {"ollama",
         {why::not_http, stage::header, "bad version"},
         probe_status::bad_response,
         "what http://gpu.lan:8000 answered is not HTTP (bad version)",
         "if the port speaks TLS, write https:// in base_url of model server \"mine\"; else check the port"},
        {"ollama",
         {why::proxy, stage::connect, "407", "http://p:3128"},
         probe_status::http_error,
         "the proxy http://p:3128 made no way to http://gpu.lan:8000: it answered 407",
         proxy_login_hint.data()},
        {"ollama",
         {why::proxy, stage::connect, "403", "http://p:3128"},
         probe_status::http_error,
         "the proxy http://p:3128 made no way to http://gpu.lan:8000: it answered 403",
         "ask who runs the proxy, or name gpu.lan in NO_PROXY and start operatord again"},
        {"ollama",
         {why::refused, stage::connect, "Connection refused", "http://p:3128"},
         probe_status::network_error,
         "the proxy http://p:3128 for http://gpu.lan:8000 cannot be reached (Connection refused)",
         "check HTTPS_PROXY and HTTP_PROXY, or proxy in [probes]; with \"none\" servers are asked directly"},
        {"ollama",
         {why::bad_http, stage::header, "bad version"},
         probe_status::bad_response,
         "what http://gpu.lan:8000 answered breaks the rules of HTTP (bad version)",
         "see the log of the server, and what stands before it"},
        {"ollama",
         {why::too_large, stage::body, "body limit exceeded"},
         probe_status::bad_response,
         "the answer of http://gpu.lan:8000 is larger than any list of models (body limit exceeded)",
         "check base_url and kind of model server \"mine\""},
        {"ollama",
         {why::plaintext_key, stage::connect, ""},
         probe_status::key_withheld,
         "the key in MY_KEY was not sent to http://gpu.lan:8000: it would go over the internet in clear",
         "use https in base_url, or set allow_plaintext_key = true for this server if the way is safe"},
        {"ollama",
         {why::bad_ca_file, stage::tls, "/etc/lab.pem: No such file or directory"},
         probe_status::tls_error,
         "the ca_file of model server \"mine\" cannot be used (/etc/lab.pem: No such file or directory)",
         "set ca_file to a readable file of certificates in PEM form"},
        {"ollama",
         {why::cancelled, stage::header, ""},
         probe_status::pending,
         "asking http://gpu.lan:8000 was called off",
         "it is asked again later"},
    };

    for (const auto& one : cases) {
        const report judged = judge(one.slug, one.none);
        CHECK(to_string(judged.status) == to_string(one.status));
        CHECK(judged.error == one.error);
        CHECK(judged.hint == one.hint);
    }
}

TEST_CASE("each reason why TLS fails has its own remedy, and none is to switch it off") {
    struct {
        const char* detail;
        const char* hint;
    } const cases[] = {
        {"wrong version number", "the port does not speak TLS: write http:// in base_url of model server \"mine\""},
        {"hostname mismatch",
         "its certificate is for another name than \"gpu.lan\": use the name it was made for in base_url of model "
         "server "
         "\"mine\""},
        {"IP address mismatch",
         "its certificate is for another name than \"gpu.lan\": use the name it was made for in base_url of model "
         "server "
         "\"mine\""},
        {"certificate has expired", "the server's certificate has to be renewed; check this machine's clock, too"},
        {"certificate is not yet valid", "check the clocks of this machine and of the server"},
        {"self-signed certificate",
         "if the server is yours, set ca_file of model server \"mine\" to its certificate, or to that of your own "
         "authority"},
        {"self-signed certificate in certificate chain",
         "if the server is yours, set ca_file of model server \"mine\" to its certificate, or to that of your own "
         "authority"},
        {"unable to get local issuer certificate",
         "set ca_file of model server \"mine\" to the certificate of the authority that signed the server's, or "
         "install "
         "ca-certificates"},
        {"tlsv1 alert protocol version", "the server has to offer TLS 1.2 or newer"},
        {"sslv3 alert handshake failure",
         "check the server's TLS settings, and that base_url of model server \"mine\" is right"},
    };

    for (const auto& one : cases) {
        const report judged = judge("openai-compat", {why::tls, stage::tls, one.detail}, true);
        CHECK(judged.status == probe_status::tls_error);
        CHECK(judged.error == "no secure connection to https://gpu.lan:8000 (" + std::string(one.detail) + ")");
        CHECK(judged.hint == one.hint);
    }
}
