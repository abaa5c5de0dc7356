#include "tests/support/http_fixture/script.hpp"

#include <boost/algorithm/string/predicate.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace opd::test {

std::optional<std::string> find_header(const header_list& headers, std::string_view name) {
    for (const auto& [key, value] : headers)
        if (boost::algorithm::iequals(key, name)) return value;
    return std::nullopt;
}

std::string seen_request::path() const { return target.substr(0, target.find('?')); }

std::vector<std::pair<std::string, std::string>> seen_request::query() const {
    std::vector<std::pair<std::string, std::string>> parameters;
    const auto reference = boost::urls::parse_origin_form(target);
    if (!reference) return parameters;
    for (const auto parameter : reference->params()) parameters.emplace_back(parameter.key, parameter.value);
    return parameters;
}

std::optional<std::string> seen_request::query(std::string_view name) const {
    for (auto& [key, value] : query())
        if (key == name) return value;
    return std::nullopt;
}

script json_answer(unsigned status, std::string body, header_list headers) {
    headers.emplace_back("Content-Type", "application/json");
    return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

script text_answer(unsigned status, std::string body, header_list headers) {
    headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
    return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

script html_answer(unsigned status, std::string body) {
    return {.status = status, .headers = {{"Content-Type", "text/html; charset=utf-8"}}, .body = std::move(body)};
}

script redirect_answer(unsigned status, std::string location) {
    return {.status = status, .headers = {{"Location", std::move(location)}}};
}

script black_hole() { return {.silent = true, .then = script::ending::hang}; }

script close_at_once() { return {.silent = true, .then = script::ending::close}; }

script reset_at_once() { return {.silent = true, .then = script::ending::reset}; }

script garbage(std::string bytes) { return {.raw = std::move(bytes), .then = script::ending::close}; }

script endless_header() { return {.endless = script::flood::header, .then = script::ending::close}; }

script endless_body() {
    auto answer = json_answer(200, "{\"data\":[");
    answer.frame = script::framing::chunked;
    answer.endless = script::flood::body;
    answer.then = script::ending::close;
    return answer;
}

script slow_header(script answer, std::chrono::milliseconds pause) {
    answer.header_piece = 1;
    answer.pause = pause;
    return answer;
}

script slow_body(script answer, std::chrono::milliseconds pause) {
    answer.body_piece = 1;
    answer.pause = pause;
    return answer;
}

script cut_short(script answer, std::size_t bytes, script::ending then) {
    answer.stop_after = bytes;
    answer.then = then;
    return answer;
}

behaviour mounted_at(std::string prefix, behaviour inner) {
    return [prefix = std::move(prefix), inner = std::move(inner)](const seen_request& request) {
        const auto path = request.path();
        if (!path.starts_with(prefix) || (path.size() > prefix.size() && path[prefix.size()] != '/'))
            return text_answer(404, "nothing is mounted at " + path);
        auto below = request;
        below.target.erase(0, prefix.size());
        if (!below.target.starts_with('/')) below.target.insert(0, "/");
        return inner(below);
    };
}

}  // namespace opd::test
