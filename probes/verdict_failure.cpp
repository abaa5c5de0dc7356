#include "config/base/duration.hpp"
#include "probes/redact.hpp"
#include "probes/verdict.hpp"

#include <fmt/format.h>

namespace opd {
namespace {

report of_time_out(const verdict_subject& about, stage at) {
    const std::string where = about.root.origin();
    const std::string limit = format_duration(about.timeout);
    std::string hint = "the server is busy or stuck: see its log, or raise timeout in [probes]";
    std::string error;
    switch (at) {
        case stage::resolve:
            error = fmt::format("looking up the name \"{}\" took more than {}", about.root.host, limit);
            hint = "check the network connection and the name service";
            break;
        case stage::connect:
            error = fmt::format("connecting to {} took more than {}", where, limit);
            hint = fmt::format(
                "check that the machine is on, that base_url of {} is right, and that no firewall or VPN is in the way",
                named(about));
            break;
        case stage::tls:
            error = fmt::format("the TLS handshake with {} took more than {}", where, limit);
            hint = fmt::format("if the port does not speak TLS, write http:// in base_url of {}", named(about));
            break;
        case stage::send: error = fmt::format("{} took no request within {}", where, limit); break;
        case stage::header:
            error = fmt::format("{} took the request, but gave no answer within {}", where, limit);
            break;
        case stage::body: error = fmt::format("{} began to answer, but did not end within {}", where, limit); break;
    }
    return failed(probe_status::timeout, std::move(error), std::move(hint));
}

report of_refusal(const verdict_subject& about) {
    std::string_view start = "start the server";
    if (about.server.kind->dialect == listing_dialect::ollama)
        start = "start it with `ollama serve`";
    else if (about.server.kind->dialect == listing_dialect::lmstudio)
        start = "start its server with `lms server start`, or in LM Studio under Developer";
    return failed(probe_status::refused,
                  fmt::format("{} refused the connection: nothing listens there", about.root.origin()),
                  fmt::format("{}, or set base_url of {} to where it runs", start, named(about)));
}

report of_break(const verdict_subject& about, stage at, std::string_view detail) {
    if (at == stage::connect)
        return failed(probe_status::network_error,
                      fmt::format("connecting to {} failed{}", about.root.origin(), detail),
                      fmt::format("check the network, and that base_url of {} is right", named(about)));
    return failed(probe_status::network_error,
                  fmt::format("the connection to {} broke while {}{}", about.root.origin(), to_string(at), detail),
                  "see the server's log; it is asked again later");
}

/// What to do first where the port may speak TLS.
std::string try_https(const verdict_subject& about, std::string_view otherwise) {
    return fmt::format("if the port speaks TLS, write https:// in base_url of {}; else {}", named(about), otherwise);
}

report of_end(const verdict_subject& about, stage at) {
    const std::string where = about.root.origin();
    if (at == stage::body)
        return failed(probe_status::bad_response, where + " closed the connection in the middle of its answer",
                      "the server, or a proxy before it, cut its answer short: see its log");
    return failed(
        probe_status::network_error, where + " closed the connection without an answer",
        about.root.tls ? "see the server's log; it is asked again later" : try_https(about, "see the server's log"));
}

std::string tls_hint(const verdict_subject& about, std::string_view detail) {
    const std::string server = named(about);
    if (mentions(detail, {"wrong version number", "packet length too long", "http request"}))
        return fmt::format("the port does not speak TLS: write http:// in base_url of {}", server);
    if (mentions(detail, {"mismatch"}))
        return fmt::format(
            "its certificate is for another name than \"{}\": use the name it was made for in base_url of {}",
            about.root.host, server);
    if (mentions(detail, {"expired"}))
        return "the server's certificate has to be renewed; check this machine's clock, too";
    if (mentions(detail, {"not yet valid"})) return "check the clocks of this machine and of the server";
    if (mentions(detail, {"self-signed", "self signed"}))
        return fmt::format(
            "if the server is yours, set ca_file of {} to its certificate, or to that of your own authority", server);
    if (mentions(detail, {"issuer", "unable to verify", "certificate chain", "unknown ca"}))
        return fmt::format(
            "set ca_file of {} to the certificate of the authority that signed the server's, or install "
            "ca-certificates",
            server);
    if (mentions(detail, {"certificate required", "alert bad certificate", "peer did not return a certificate"}))
        return fmt::format(
            "the server wants a client certificate, which operatord does not have: give {} a base_url that is reached "
            "without "
            "one, or a proxy before it that has one",
            server);
    if (mentions(detail, {"protocol version", "unsupported protocol"}))
        return "the server has to offer TLS 1.2 or newer";
    return fmt::format("check the server's TLS settings, and that base_url of {} is right", server);
}

report of_proxy(const verdict_subject& about, const failure& none, std::string_view detail) {
    const std::string where = about.root.origin();
    if (none.why == failure::reason::proxy)
        return failed(probe_status::http_error,
                      fmt::format("the proxy {} made no way to {}: it answered {}", none.proxy, where, none.detail),
                      none.detail == "407" ? std::string(proxy_login_hint)
                                           : fmt::format("ask who runs the proxy, or name {} in NO_PROXY and start "
                                                         "operatord again",
                                                         about.root.host));
    std::string error = fmt::format("the proxy {} for {} cannot be reached{}", none.proxy, where, detail);
    auto status = probe_status::network_error;
    if (none.why == failure::reason::timed_out) {
        status = probe_status::timeout;
        error = fmt::format("the proxy {} for {} took more than {}", none.proxy, where, format_duration(about.timeout));
    }
    return failed(status, std::move(error),
                  "check HTTPS_PROXY and HTTP_PROXY, or proxy in [probes]; with \"none\" servers are asked directly");
}

}  // namespace

report judge_failure(const verdict_subject& about, const failure& none) {
    using enum probe_status;
    const std::string where = about.root.origin();
    const std::string server = named(about);
    std::string detail = redact(none.detail, about.key);
    if (!detail.empty()) detail = " (" + detail + ")";
    if (!none.proxy.empty() && none.why != failure::reason::cancelled && none.why != failure::reason::plaintext_key)
        return of_proxy(about, none, detail);
    switch (none.why) {
        case failure::reason::timed_out: return of_time_out(about, none.at);
        case failure::reason::unknown_host:
            return failed(
                dns_error, fmt::format("the name \"{}\" has no address", about.root.host),
                fmt::format("check the host in base_url of {}, and the network or VPN that knows it", server));
        case failure::reason::resolver:
            return failed(dns_error,
                          fmt::format("the name service did not tell the address of \"{}\"{}", about.root.host, detail),
                          "check the network connection and the name service");
        case failure::reason::refused: return of_refusal(about);
        case failure::reason::unreachable: return of_break(about, none.at, detail);
        case failure::reason::closed: return of_end(about, none.at);
        case failure::reason::tls:
            return failed(tls_error, fmt::format("no secure connection to {}{}", where, detail),
                          tls_hint(about, none.detail));
        case failure::reason::bad_ca_file:
            return failed(tls_error, fmt::format("the ca_file of {} cannot be used{}", server, detail),
                          "set ca_file to a readable file of certificates in PEM form");
        case failure::reason::not_http:
            return failed(bad_response, fmt::format("what {} answered is not HTTP{}", where, detail),
                          about.root.tls ? fmt::format("check the port in base_url of {}", server)
                                         : try_https(about, "check the port"));
        case failure::reason::bad_http:
            return failed(bad_response, fmt::format("what {} answered breaks the rules of HTTP{}", where, detail),
                          "see the log of the server, and what stands before it");
        case failure::reason::too_large:
            return failed(bad_response,
                          fmt::format("the answer of {} is larger than any list of models{}", where, detail),
                          fmt::format("check base_url and kind of {}", server));
        case failure::reason::plaintext_key: return opd::key_withheld(about.server, about.root, about.key_env);
        case failure::reason::proxy:
        case failure::reason::cancelled: break;
    }
    return failed(pending, fmt::format("asking {} was called off", where), "it is asked again later");
}

}  // namespace opd
