// Any bytes as what a client sends on one connection: to the real session and the real API over a small configuration.
// The first byte of an input chooses how the client has come and in which pieces its bytes arrive.
//
// Every answer must be a whole one, the requests that are granted must be ones that a second, simpler look grants as
// well, Beast must read them in the same way, and what is secret must not come out.

#include "daemon/http/answer_head.hpp"
#include "daemon/http/session.hpp"
#include "tests/daemon/api/asked_api.hpp"
#include "tests/fuzz/finding.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

using namespace opd;
using namespace opd::http;
using namespace opd::state;
using namespace opd::test;
using namespace opd::wire;
using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace beast_http = boost::beast::http;

namespace {

constexpr std::string_view extra_secret = "hushOverTcpQwXyZ";
constexpr std::string_view key_secret = "klabKeyJkVbNmRtP";
constexpr std::string_view token_secret = "tokenOfOurOwnGhLs";
constexpr std::string_view page = "https://page.example";

const std::string configuration = fmt::format(R"([rest_api]
cors_origins = ["{}"]

[[model_servers]]
name = "lab"
kind = "openai-compat"
base_url = "http://127.0.0.1:1001/v1"
extra_env = {{ TOKEN = "{}", REFERENCE = "${{TOKEN}}" }}

[[model_servers]]
name = "strict"
kind = "openai-compat"
base_url = "http://127.0.0.1:1002/v1"
api_key_env = "LAB_KEY"

[[delegators]]
name = "codex-lab"
llm_tool = "codex"
model = "m"
model_server = "lab"
)",
                                              page, extra_secret);

struct seen_request {
    std::string method;
    std::string target;
    std::string host;
    std::string body;
    unsigned status = 0;
};

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return out;
}

/// A second opinion on the Host of a request over TCP to port 7008 of 127.0.0.1.
bool may_be_own_host(std::string_view sent) {
    std::string host = lower(sent);
    if (!host.ends_with(":7008")) return false;
    host.resize(host.size() - 5);
    if (host.ends_with('.')) host.pop_back();
    if (host == "localhost" || host.ends_with(".localhost")) return host.find_first_of("@/:, \t") == host.npos;
    if (host.starts_with('[')) return host.find_first_not_of("[]:01") == host.npos;  // some way to write ::1
    return host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos;
}

bool granted(unsigned status) { return status < 300 || status == 304; }

/// The API, and a look at everything that comes to it.
class watching final : public request_handler {
public:
    explicit watching(request_handler& api) : api_(api) {}

    std::variant<answer, accepted_request> accept(const request& head) override {
        auto decided = api_.accept(head);
        if (auto* const accepted = std::get_if<accepted_request>(&decided)) {
            accepted->respond = [this, respond = std::move(accepted->respond)](const request& asked) {
                return watched(asked, respond(asked));
            };
            return decided;
        }
        const answer& refused = std::get<answer>(decided);
        if (granted(refused.status) && !refused.permits) report_finding("refused by granting it");
        if (refused.close) return decided;
        return accepted_request{.respond = [this, refused](const request& asked) -> reply {
            look_at(asked, refused);
            return refused;
        }};
    }

    std::vector<seen_request> seen;

private:
    reply watched(const request& asked, reply given) {
        if (auto* const later = std::get_if<asio::awaitable<answer>>(&given))
            return look_later(asked, std::move(*later));
        look_at(asked, std::get<answer>(given));
        return given;
    }

    asio::awaitable<answer> look_later(const request& asked, asio::awaitable<answer> later) {
        answer given = co_await std::move(later);
        look_at(asked, given);
        co_return given;
    }

    void look_at(const request& asked, const answer& given) {
        seen.push_back({.method = std::string(asked.method),
                        .target = std::string(asked.target),
                        .host = std::string(asked.host),
                        .body = std::string(asked.body),
                        .status = given.status});
        const auto odd = [](unsigned char c) { return c <= 0x20 || c >= 0x7F || c == '#'; };
        if (asked.target.empty() || std::ranges::any_of(asked.target, odd)) report_finding("an odd target");
        if (asked.target.front() != '/' && (asked.target != "*" || asked.method != "OPTIONS"))
            report_finding("no path");
        for (const std::string_view value : {asked.host, asked.origin, asked.content_type, asked.authorization})
            if (std::ranges::any_of(value, [](unsigned char c) { return c < 0x20 && c != '\t'; }))
                report_finding("a control character in a header");
        if (!given.page_origin.empty() && given.page_origin != page) report_finding("told to a foreign page");
        if (given.status >= 500) report_finding(fmt::format("{} {}: {}", asked.method, asked.target, text_of(given)));
        if (granted(given.status)) check_granted(asked, given);
    }

    static void check_granted(const request& asked, const answer& given) {
        const bool foreign_site = asked.fetch_site == "cross-site" || asked.fetch_site == "same-site";
        if (!asked.origin.empty()) {
            const bool own = !asked.over_unix_socket && lower(asked.origin) == "http://" + lower(asked.host);
            if (asked.origin != page && !own) report_finding("granted to a foreign origin");
        } else if (foreign_site) {
            report_finding("granted to a foreign site");
        }
        const bool changes = asked.method == "POST" || asked.method == "PUT";
        if (changes && !contains(lower(asked.content_type), "application/json"))
            report_finding("granted without application/json");
        if (given.permits) return;
        if (asked.needs_token) {
            if (!contains(asked.authorization, token_secret)) report_finding("granted without the token");
        } else if (!asked.over_unix_socket && !may_be_own_host(asked.host)) {
            report_finding("granted to a foreign Host");
        }
    }

    request_handler& api_;
};

/// Everything that an input needs, made once.
struct world {
    world() : api(configuration), watched(*api.api) {
        api.log.logger().set_level(spdlog::level::off);
        api.info.token = secret(token_secret);
        api.info.machine_name = "box";
        api.keys["LAB_KEY"] = key_secret;
        api.transport.behave = [](const held_transport::question& asked) -> std::optional<fetched> {
            if (asked.port == 1001) return listing({"m"});
            if (asked.port != 1002) return refused();
            return error_answer(401, fmt::format(R"({{"error":{{"message":"the key {} is wrong"}}}})", asked.key));
        };
        if (!api.until([this] { return api.state("lab").reachable(); })) report_finding("the world is not ready");
        generation = api.configuration.current().generation;
    }

    /// As it was, whatever the last input has changed.
    void restore() {
        watched.seen.clear();
        api.transport.questions.clear();
        if (api.configuration.current().generation == generation) return;
        if (api.file_text() != configuration) api.edit(configuration);
        generation = api.configuration.current().generation;
    }

    api_on api;
    watching watched;
    std::uint64_t generation = 0;
};

struct arrival {
    explicit arrival(std::uint8_t choice)
        : how{.over_unix_socket = (choice & 1U) != 0,
              .address = (choice & 1U) != 0 ? "" : "127.0.0.1",
              .port = static_cast<std::uint16_t>((choice & 1U) != 0 ? 0 : 7008),
              .needs_token = (choice & 3U) == 2},
          piece((choice & 4U) != 0 ? std::size_t{1} << (choice >> 3U & 7U) : std::size_t{1} << 20U) {}

    connection how;
    std::size_t piece;
};

/// One connection from its beginning to its end. Returns what the client got.
std::string talk(world& in, const arrival& chosen, std::string_view bytes) {
    asio::io_context& loop = in.api.loop;
    asio::local::stream_protocol::socket client(loop);
    asio::local::stream_protocol::socket ours(loop);
    asio::local::connect_pair(ours, client);
    client.non_blocking(true);
    session_limits limits;
    limits.head_bytes = 2048;
    limits.body_bytes = 2048;
    session_totals totals;
    const auto served = make_session(std::move(ours), in.watched, chosen.how, limits, totals);
    const background serving(loop, served->run());
    std::string got;
    std::array<char, 16384> part{};
    boost::system::error_code error;
    const auto take = [&] {
        for (error.clear(); !error;) got.append(part.data(), client.read_some(asio::buffer(part), error));
    };
    while (!bytes.empty()) {
        asio::write(client, asio::buffer(bytes.substr(0, chosen.piece)), error);
        bytes.remove_prefix(std::min(chosen.piece, bytes.size()));
        settle(loop);
        take();
    }
    client.shutdown(asio::socket_base::shutdown_send, error);
    const bool ended = run_until(loop, [&] {
        take();
        return serving.ended();
    });
    if (!ended) report_finding("the session did not end");
    if (serving.failed()) report_finding("the session ended in an exception");
    take();
    return got;
}

/// Takes one answer off what the client got, and returns its status.
unsigned take_answer(std::string_view& got, bool to_head) {
    const std::size_t end = got.find("\r\n\r\n");
    if (end == got.npos || !got.starts_with("HTTP/1.1 ")) report_finding(fmt::format("no answer: {}", got));
    const std::string_view head = got.substr(0, end + 2);
    got.remove_prefix(end + 4);
    unsigned status = 0;
    std::from_chars(head.data() + 9, head.data() + 12, status);
    if (status == 100) return status;
    static const std::string for_browsers = [] {
        std::string headers;
        add_security_headers({}, headers);
        return headers;
    }();
    if (!contains(head, for_browsers)) report_finding(fmt::format("without its headers: {}", head));
    for (std::size_t i = 0; i != head.size(); ++i) {
        const auto c = static_cast<unsigned char>(head[i]);
        if ((c < 0x20 && c != '\r' && c != '\n') || c == 0x7F) report_finding("a control character in an answer");
    }
    const bool bare = status == 204 || status == 304;
    const std::size_t at = head.find("\r\nContent-Length: ");
    if (bare != (at == head.npos)) report_finding(fmt::format("the wrong length: {}", head));
    if (bare || to_head) return status;
    std::size_t length = 0;
    std::from_chars(head.data() + at + 18, head.data() + head.size(), length);
    if (length > got.size()) report_finding("an answer that is cut off");
    boost::system::error_code not_json;
    boost::json::parse(got.substr(0, length), not_json);
    if (not_json) report_finding(fmt::format("no JSON: {}", got.substr(0, length)));
    got.remove_prefix(length);
    return status;
}

void check_answers(const std::vector<seen_request>& seen, std::string_view got) {
    std::size_t answered = 0;
    while (!got.empty()) {
        const bool of_api = answered < seen.size();
        const bool last = !of_api && contains(got.substr(0, got.find("\r\n\r\n")), "\r\nConnection: close");
        const unsigned status = take_answer(got, of_api && seen[answered].method == "HEAD");
        if (status == 100) continue;
        if (of_api ? status != seen[answered].status : status < 400 || !last || !got.empty())
            report_finding(fmt::format("answer {} has the wrong status, {}", answered, status));
        ++answered;
    }
    if (answered < seen.size()) report_finding("a request without an answer");
}

/// What has been handled is what Beast reads, request by request, as far as it takes them.
void check_with_beast(const std::vector<seen_request>& seen, std::string_view bytes) {
    for (const seen_request& one : seen) {
        beast_http::request_parser<beast_http::string_body> parser;
        parser.eager(true);
        boost::system::error_code error;
        while (!error && !parser.is_done() && !bytes.empty())
            bytes.remove_prefix(parser.put(asio::buffer(bytes), error));
        if (error || !parser.is_done()) return;
        const auto& other = parser.get();
        const bool same = one.method == other.method_string() && one.body == other.body() &&
                          one.host == other[beast_http::field::host] &&
                          (std::string_view(other.target()).ends_with(one.target) || one.target == "/");
        if (!same)
            report_finding(fmt::format("Beast reads another request: {} {} {}", std::string_view(other.method_string()),
                                       std::string_view(other.target()), other.body()));
    }
}

/// A part of a secret in what was sent may come back.
bool knows(std::string_view sent, std::string_view secret_text) {
    return contains(sent, secret_text.substr(0, 6)) || contains(sent, secret_text.substr(secret_text.size() - 6));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static world all;
    if (size == 0) return -1;
    const arrival chosen(data[0]);
    const std::string_view sent(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::string got = talk(all, chosen, sent);
    check_answers(all.watched.seen, got);
    check_with_beast(all.watched.seen, sent);
    if (!chosen.how.over_unix_socket && contains(got, extra_secret) && !knows(sent, extra_secret))
        report_finding("a value of extra_env over TCP");
    for (const std::string_view never : {key_secret, token_secret})
        if (contains(got, never) && !knows(sent, never)) report_finding(fmt::format("{} came out", never));
    all.restore();
    return 0;
}
