// Each macro is one way to give a secret away by accident. CMakeLists.txt hands every one of them to the compiler and
// wants it refused, for the reason that is meant; without any of them this must compile.
#include "config/base/secret.hpp"

#if defined(FORMATTED) || defined(PRINTED) || defined(JOINED)
#include <fmt/format.h>
#include <fmt/ranges.h>
#endif
#if defined(LOGGED)
#include <spdlog/spdlog.h>
#endif
#if defined(SERIALISED)
#include <boost/json/value_from.hpp>
#endif

#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

int main() {
    const opd::secret key(std::string_view("k-1"));
    opd::secret copy = key;
    const opd::secret moved = std::move(copy);
    std::cout << moved.reveal().size();
#if defined(STREAMED)
    std::cout << key;
#elif defined(FORMATTED)
    return static_cast<int>(fmt::format("{}", key).size());
#elif defined(PRINTED)
    fmt::print(stderr, "key {}", key);
#elif defined(JOINED)
    const std::vector<opd::secret> keys{key};
    return static_cast<int>(fmt::format("{}", fmt::join(keys, ",")).size());
#elif defined(LOGGED)
    spdlog::info("key {}", key);
#elif defined(COMPARED)
    return key == moved ? 1 : 0;
#elif defined(COMPARED_WITH_TEXT)
    return key == "k-1" ? 1 : 0;
#elif defined(ORDERED)
    const std::map<opd::secret, int> keys{{key, 1}};
    return keys.begin()->second;
#elif defined(HASHED)
    return static_cast<int>(std::hash<opd::secret>()(key));
#elif defined(COLLECTED)
    const std::unordered_set<opd::secret> keys{key};
#elif defined(CONVERTED_TO_TEXT)
    const std::string text = key;
#elif defined(CAST_TO_TEXT)
    const auto text = static_cast<std::string>(key);
#elif defined(CONVERTED_TO_VIEW)
    const std::string_view text = key;
#elif defined(CONVERTED_FROM_TEXT)
    const opd::secret other = std::string("k-1");
#elif defined(APPENDED)
    const std::string text = "Bearer " + key;
#elif defined(SERIALISED)
    const boost::json::value value = boost::json::value_from(key);
#elif defined(REVEALED_TOO_LONG)
    const std::string_view text = opd::secret("k-1").reveal();
#endif
    return 0;
}
