#include "tests/daemon/bridge/wire/samples.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <utility>

namespace opd::bridge {
namespace {

std::string contents(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + file.string());
    return {std::istreambuf_iterator(in), {}};
}

bool there() {
    const bool found = std::filesystem::is_directory(OPD_WIRE_SAMPLES);
    if (!found) MESSAGE("skipped: the recorded samples are not at " OPD_WIRE_SAMPLES);
    return found;
}

class shower {
public:
    void operator()(const delta_of::start& one) { line("start", one.model); }
    void operator()(const delta_of::thought& one) { piece("thought", one.text); }
    void operator()(const delta_of::thought_state& one) { line("thought_state", one.kind + ' ' + one.state); }
    void operator()(const delta_of::words& one) { piece("words", one.text); }
    void operator()(const delta_of::call_open& one) {
        line("call_open", fmt::format("{} {} {}", one.key, one.id, one.name));
    }
    void operator()(const delta_of::call_arguments& one) { piece(fmt::format("call_arguments {}", one.key), one.text); }
    void operator()(const delta_of::call_close& one) { line("call_close", fmt::to_string(one.key)); }

    void operator()(const usage& one) {
        const auto number = [](const std::optional<std::uint64_t>& n) { return n ? fmt::to_string(*n) : "-"; };
        line("usage", fmt::format("{} {} {} {} {}", number(one.input), number(one.cached_read),
                                  number(one.cached_write), number(one.output), number(one.reasoning)));
    }

    void operator()(const delta_of::stop& one) {
        constexpr std::array names{"done", "calls", "length", "context_full", "filtered", "stop_string"};
        line("stop", std::string(names.at(static_cast<std::size_t>(one.why))) + ' ' + one.stop_string);
    }

    void operator()(const fault& one) {
        constexpr std::array names{"refused", "unauthorized", "too_long", "later", "broken", "cut", "alien"};
        line("fault", std::string(names.at(static_cast<std::size_t>(one.what))) + ' ' + one.message);
    }

    std::string take() {
        flush();
        return std::move(out_);
    }

private:
    void piece(std::string what, std::string_view text) {
        if (what != what_) flush();
        what_ = std::move(what);
        text_ += text;
    }

    void line(std::string_view what, std::string_view text) {
        flush();
        std::string escaped(text);
        for (std::size_t at = 0; (at = escaped.find('\n', at)) != escaped.npos; at += 2) escaped.replace(at, 1, "\\n");
        out_ += what;
        if (!escaped.empty()) out_ += ' ' + escaped;
        while (out_.ends_with(' ')) out_.pop_back();
        out_ += '\n';
    }

    void flush() {
        if (what_.empty()) return;
        const std::string what = std::exchange(what_, {}), text = std::exchange(text_, {});
        line(what, text);
    }

    std::string out_, what_, text_;
};

}  // namespace

std::string sample(std::string_view name) {
    return there() ? contents(std::filesystem::path(OPD_WIRE_SAMPLES) / name) : std::string();
}

std::vector<std::string> samples(std::string_view folder, std::string_view ending) {
    std::vector<std::string> names;
    if (!there()) return names;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(OPD_WIRE_SAMPLES) / folder))
        if (const std::string name = entry.path().filename(); name.ends_with(ending))
            names.push_back(std::string(folder) + '/' + name);
    std::ranges::sort(names);
    return names;
}

std::string own_sample(std::string_view name) { return contents(std::filesystem::path(OPD_TEST_DATA) / "wire" / name); }

std::string shown(const deltas& all) {
    shower show;
    for (const delta& one : all) std::visit(show, one);
    return show.take();
}

void check_golden(const std::string& name, const std::string& text) {
    const auto file = std::filesystem::path(OPD_TEST_DATA) / "wire" / name;
    if (std::getenv("OPD_WRITE_GOLDEN") != nullptr) std::ofstream(file, std::ios::binary) << text;
    INFO(name);
    CHECK(text == own_sample(name));
}

void check_digest(const std::string& name, const std::string& text) {
    const auto file = std::filesystem::path(OPD_TEST_DATA) / "wire" / "recorded.digests";
    const std::string line = name + ' ' + digest(text) + '\n';
    if (std::getenv("OPD_WRITE_GOLDEN") != nullptr) std::ofstream(file, std::ios::app | std::ios::binary) << line;
    if (contents(file).find(line) != std::string::npos) return;
    const auto actual = std::filesystem::temp_directory_path() / "opd-wire-actual.txt";
    std::ofstream(actual, std::ios::binary) << text;
    FAIL_CHECK(name << " is another text than the digest in recorded.digests says; what it is now: "
                    << actual.string());
}

std::string digest(std::string_view text) {
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    return fmt::format("{:016x} {}", hash, text.size());
}

}  // namespace opd::bridge
