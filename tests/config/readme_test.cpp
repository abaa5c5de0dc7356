#include "config/config.hpp"
#include "config/model/kinds.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace opd;

namespace {

const std::filesystem::path readme = std::filesystem::path(OPD_TEST_DATA) / "../../README.md";
constexpr std::string_view opening = "<!-- providers:";
constexpr std::string_view closing = "<!-- /providers -->";

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE(file);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string read_readme() { return read_file(readme); }

void check_example(const std::string& text, std::string_view name) {
    const auto loaded = parse_config(text, std::string(name));
    if (!loaded) FAIL(loaded.error().text());
    for (const diagnostic& warning : loaded->warnings) FAIL_CHECK(warning.text());
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

/// A badge's words as shields.io wants them in its path.
std::string badge_text(std::string_view text) {
    return replace_all(replace_all(std::string(text), "-", "--"), " ", "_");
}

/// A line of badges for each provider class, from the kinds table.
std::string provider_badges() {
    std::string out;
    for (const provider_class provider : {provider_class::first_party, provider_class::gateway}) {
        out += fmt::format("\n**{}**\n", category_label(provider));
        for (const kind& one : kinds()) {
            if (one.provider != provider) continue;
            const std::string_view logo = one.brand_icon;
            out += fmt::format("[![{0}](https://img.shields.io/badge/{1}-{2}-informational{3})]({4})\n",
                               one.display_name, badge_text(one.display_name), badge_text(one.slug),
                               logo.empty() ? "" : fmt::format("?logo={}", logo), one.setup_url);
        }
    }
    return out + "\n";
}

}  // namespace

TEST_CASE("the README's provider badges are those of the kinds table") {
    std::string text = read_readme();
    const std::size_t begin = text.find('\n', text.find(opening)) + 1;
    const std::size_t end = text.find(closing);
    REQUIRE(begin <= end);
    if (std::getenv("OPD_WRITE_README") != nullptr) {
        text.replace(begin, end - begin, provider_badges());
        std::ofstream(readme, std::ios::binary) << text;
        return;
    }
    CHECK(text.substr(begin, end - begin) == provider_badges());
}

TEST_CASE("every operator.toml in the README is read without a warning") {
    const std::string text = read_readme();
    std::vector<std::string> examples;
    constexpr std::string_view fence = "```toml\n";
    for (std::size_t at = text.find(fence); at != std::string::npos; at = text.find(fence, at)) {
        at += fence.size();
        examples.push_back(text.substr(at, text.find("```", at) - at));
    }
    CHECK(examples.size() == 3);
    for (const std::string& example : examples) check_example(example, "README.md");
}

TEST_CASE("the example that is installed is read without a warning") {
    check_example(read_file(readme.parent_path() / "config/operator.toml.example"), "operator.toml.example");
}

TEST_CASE("the README has an example of every kind") {
    const std::string text = read_readme();
    for (const kind& one : kinds()) {
        CAPTURE(one.slug);
        CHECK(text.find(fmt::format("kind = \"{}\"", one.slug)) != std::string::npos);
    }
}
