// Any bytes as a configuration: read or refused with words and a place, and the same with a memory of earlier texts as
// without. The last bytes of an input choose how the text is changed between two readings.

#include "config/config.hpp"
#include "config/toml/parse.hpp"
#include "tests/fuzz/finding.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <fuzzer/FuzzedDataProvider.h>

using namespace opd;
using opd::test::report_finding;

namespace {

std::string shown(const toml_node& node) {
    return fmt::format("{} '{}' at {}+{} (key at {}+{}, header: {}): '{}' {} {} {}", static_cast<int>(node.what),
                       node.key, node.offset, node.length, node.key_offset, node.key_length, node.has_header, node.text,
                       node.integer, std::bit_cast<std::uint64_t>(node.real), node.flag);
}

/// Empty: there is none.
std::string difference(const toml_node& a, const toml_node& b) {
    if (shown(a) != shown(b)) return fmt::format("{}\n{}", shown(a), shown(b));
    if (a.children.size() != b.children.size()) return fmt::format("members of {}", shown(a));
    for (std::size_t i = 0; i != a.children.size(); ++i)
        if (auto found = difference(a.children[i], b.children[i]); !found.empty()) return found;
    return {};
}

void check_tree(std::string_view text, toml_memory& memory) {
    const source_text source("f", text);
    const auto plain = parse_toml(source);
    const auto remembered = parse_toml(source, memory);
    if (plain.has_value() != remembered.has_value()) {
        report_finding(plain ? "taken without memory, refused with it: " + remembered.error().text()
                             : "refused without memory, taken with it: " + plain.error().text());
    }
    const std::string other = plain ? difference(*plain, *remembered) : std::string();
    if (!other.empty()) report_finding("read differently with a memory:\n" + other);
    if (!plain && plain.error().text() != remembered.error().text())
        report_finding("refused differently:\n" + plain.error().text() + "\n" + remembered.error().text());
}

std::string told(const result<loaded_config, diagnostic>& loaded) {
    if (!loaded) return loaded.error().text();
    std::string warnings;
    for (const diagnostic& warning : loaded->warnings) warnings += warning.text() + "\n";
    return warnings;
}

void check_config(std::string_view text, toml_memory& memory) {
    const auto plain = parse_config(text, "f");
    const auto remembered = parse_config(text, "f", memory);
    if (plain.has_value() != remembered.has_value() || told(plain) != told(remembered))
        report_finding("told differently with a memory:\n" + told(plain) + "\n" + told(remembered));
    if (!plain) {
        const diagnostic& error = plain.error();
        if (error.message.empty() || !error.text().starts_with("f")) report_finding("an error without words");
        return;
    }
    if (plain->values.model_servers != remembered->values.model_servers ||
        plain->values.delegators != remembered->values.delegators) {
        report_finding("other values with a memory");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider input(data, size);
    const auto place = input.ConsumeIntegral<std::uint16_t>();
    const std::size_t length = input.ConsumeIntegral<std::uint8_t>();
    const bool twice = input.ConsumeBool();
    const std::string text = input.ConsumeRemainingBytesAsString();
    const std::size_t begin = text.empty() ? 0 : place % text.size();
    std::string changed = text;
    if (twice)
        changed.insert(begin, text.substr(begin, length));
    else
        changed.erase(begin, length);
    toml_memory memory;
    check_tree(text, memory);
    check_tree(changed, memory);
    check_config(text, memory);
    return 0;
}
