#include "config/model/base_url.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace opd {
namespace {

std::string said(std::string_view origin) {
    const auto checked = check_cors_origin(origin);
    return checked ? std::string("fine") : checked.error().message;
}

}  // namespace

TEST_CASE("an origin is what a browser sends") {
    for (const std::string_view origin :
         {"http://localhost:3000", "https://app.example.com", "http://127.0.0.1:8080", "http://[::1]:5173",
          "vscode-webview://abc123", "chrome-extension://abcdef", "https://example.com:8443"}) {
        CAPTURE(origin);
        CHECK(said(origin) == "fine");
    }
}

TEST_CASE("what no browser would ever send is refused") {
    CHECK(said("*") == R"("*" would open the API to every web page)");
    CHECK(said("null") == R"("null" would open the API to every web page)");
    CHECK(said("") == R"("" is not an origin: it is not SCHEME://HOST)");
    CHECK(said("localhost:3000") == R"("localhost:3000" is not an origin: it is not SCHEME://HOST)");
    CHECK(said("http://") == R"("http://" is not an origin: it is not SCHEME://HOST)");
    CHECK(said("http://*.example.com:x") == R"("http://*.example.com:x" is not an origin: it is not SCHEME://HOST)");
    CHECK(said("http://localhost:3000/") ==
          R"("http://localhost:3000/" is not an origin: nothing may follow the host and port, not even a "/")");
    CHECK(said("http://localhost:3000/app") ==
          R"("http://localhost:3000/app" is not an origin: nothing may follow the host and port, not even a "/")");
    CHECK(said("http://h?x") == R"("http://h?x" is not an origin: nothing may follow the host and port)");
    CHECK(said("http://u:hunter2@h") == R"(an origin holds a user name before an "@")");
    CHECK(said("http://Localhost") == R"("http://Localhost" is not an origin: browsers send it in lower case)");
    CHECK(said("http://h:80") == R"("http://h:80" is not an origin: browsers leave the default port out)");
    CHECK(said("https://h:443") == R"("https://h:443" is not an origin: browsers leave the default port out)");
    CHECK(said("http://h:70000") == R"("http://h:70000" is not an origin: the port does not exist)");
    CHECK(check_cors_origin("*").error().hint == R"(list the origins one by one, as in "http://localhost:3000")");
    CHECK(check_cors_origin("x").error().hint ==
          R"(write scheme, host and port as the browser sends them, as in "http://localhost:3000")");
}

}  // namespace opd
