// Any text around any key. The input up to the first NUL is the key (printable ASCII of it), what follows is the text,
// in which every byte 0x01 stands for the whole key, and 0x02 to 0x09 for parts of it.
//
// The result is one clean line of bounded length, has no piece of the key, and does not change when it is taken for a
// text in its turn.

#include "config/base/utf8.hpp"
#include "probes/key_pieces.hpp"
#include "probes/redact.hpp"
#include "tests/fuzz/finding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace opd;
using opd::test::report_finding;

namespace {

constexpr std::size_t longest_key = 200;

std::string key_of(std::string_view bytes) {
    std::string key(bytes.substr(0, longest_key));
    std::erase_if(key, [](char c) { return c < '!' || c > '~'; });
    return key;
}

std::string text_of(std::string_view bytes, const std::string& key) {
    std::string text;
    for (const char c : bytes) {
        const auto number = static_cast<std::size_t>(static_cast<unsigned char>(c));
        if (number == 0 || number > 9)
            text += c;
        else
            text += std::string_view(key).substr(std::min(key.size(), (number - 1) / 2 * 3),
                                                 number % 2 == 1 ? key.npos : 7);
    }
    return text;
}

void check(std::string_view text, const std::string& key, std::size_t limit) {
    const secret kept(key);
    const key_pieces held(kept);
    const std::string safe = redact(text, held, limit);
    const auto found = [&](std::string_view what) {
        report_finding(fmt::format("{}\nkey  {}\ntext {}\nsafe {}", what, key, text, safe));
    };
    if (safe.size() > limit) found("longer than allowed");
    if (legible(safe) != safe || has_control(safe)) found("not clean");
    for (std::size_t at = 0; at + key_pieces::shortest <= key.size(); ++at)
        if (safe.find(key.substr(at, key_pieces::shortest)) != safe.npos) found("a piece of the key is left");
    if (held.are_in(safe)) found("an encoded piece of the key is left");
    const std::string again = redact(safe, held, limit);
    if (again != safe) found("changes when redacted again: " + again);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const std::size_t end = std::min(bytes.find('\0'), bytes.size());
    const std::string key = key_of(bytes.substr(0, end));
    const std::string text = text_of(bytes.substr(std::min(end + 1, bytes.size())), key);
    check(text, key, 300);
    check(text, key, 3 + size % 64);
    return 0;
}
