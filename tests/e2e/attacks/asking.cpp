#include "tests/e2e/attacks/asking.hpp"

#include <charconv>
#include <string>

namespace opd::test {

http_answer ask(arena& where, const asked_over_tcp& what) {
    auto client = http_client::over_tcp("127.0.0.1", where.port());
    return client.request(what.method, what.target, what.headers, what.body);
}

bool gets_through(arena& where, const asked_over_tcp& what) {
    const unsigned status = ask(where, what).status;
    return status >= 200 && status < 300;
}

unsigned status_of(arena& where, std::string_view bytes) {
    auto client = http_client::over_tcp("127.0.0.1", where.port());
    client.send(bytes);
    client.finish_sending();
    const std::string answer = client.read_to_end();
    constexpr std::string_view begin = "HTTP/1.1 ";
    unsigned status = 0;
    if (answer.starts_with(begin)) std::from_chars(answer.data() + begin.size(), answer.data() + answer.size(), status);
    return status;
}

}  // namespace opd::test
