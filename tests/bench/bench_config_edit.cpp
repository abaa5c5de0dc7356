// How long an edit of an operator.toml with 2,000 entries takes, beside reading such a file from scratch and writing it
// whole: bench_config_edit FOLDER. In a folder in memory (tmpfs) nothing waits for a disk. All take turns, so that a
// machine that slows down slows all. Prints one JSON object.

#include "config/config_change.hpp"
#include "config/disk/config_file.hpp"
#include "config/toml/parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace opd;

namespace {

constexpr std::size_t rounds = 60;
constexpr int servers = 1600;
constexpr int delegators = 400;

using seconds = std::chrono::duration<double>;

double median(std::vector<double>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

template <class Work>
double time_of(const Work& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return seconds(std::chrono::steady_clock::now() - begin).count();
}

std::string large_config() {
    std::string text = "# 2,000 entries\n[git]\nsign = true\n";
    for (int i = 0; i != servers; ++i) {
        text += fmt::format(
            "\n# server {0}\n[[model_servers]]\nname = \"server-{0}\"\nkind = \"openai-compat\"\nbase_url = "
            "\"http://10.0.{1}.{2}:8000/v1\"  # rack {1}\nextra_env = {{ TEAM = \"{0}\" }}\n",
            i, i / 250, i % 250 + 1);
    }
    for (int i = 0; i != delegators; ++i) {
        text += fmt::format(
            "\n[[delegators]]\nname = \"delegator-{0}\"\nllm_tool = \"codex\"\nmodel = \"m\"\nmodel_server = "
            "\"server-{0}\"\n[delegators.launch_config]\nyolo = false\n",
            i);
    }
    return text;
}

/// The changes that clients ask for, one after the other: in the middle, at the end, a removal.
config change_of(const config& before, std::size_t round) {
    if (round % 3 == 0) {
        model_server changed = before.model_servers[before.model_servers.size() / 2];
        changed.display_name = fmt::format("Round {}", round);
        return *with_replaced_server(before, std::move(changed), {});
    }
    if (round % 3 == 1) {
        model_server added = before.model_servers.front();
        added.name = fmt::format("new-{}", round);
        return *with_new_server(before, std::move(added));
    }
    return *without_server(before, before.model_servers[before.model_servers.size() - 7].name, true);
}

/// Writes a file whole and renames it, as the daemon does, but without waiting for the disk.
void write_whole(const std::filesystem::path& file, const std::string& text) {
    const std::filesystem::path fresh = file.string() + "~";
    std::ofstream(fresh, std::ios::binary) << text;
    std::filesystem::rename(fresh, file);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        fmt::print(stderr, "usage: bench_config_edit FOLDER\n");
        return 64;
    }
    const std::filesystem::path file = std::filesystem::path(argv[1]) / "bench-operator.toml";
    edited_config now{.text = large_config(), .loaded = {}};
    toml_memory memory;
    now.loaded = *parse_config(now.text, "operator.toml", memory);
    write_whole(file, now.text);

    std::vector<double> edits;
    std::vector<double> replacements;
    std::vector<double> readings;
    std::vector<double> writings;
    for (std::size_t round = 0; round != rounds; ++round) {
        const config after = change_of(now.loaded.values, round);
        changed<edited_config> edited = change_refusal{};
        edits.push_back(
            time_of([&] { edited = edit_config(now.text, "operator.toml", now.loaded.values, after, memory); }));
        if (!edited) {
            fmt::print(stderr, "bench_config_edit: {}\n", edited.error().message);
            return 1;
        }
        replacements.push_back(time_of([&] {
            const auto done = replace_config_file(file, {.text = now.text, .exists = true}, edited->text);
            if (!done || *done != replaced::done) edited = change_refusal{.message = "not replaced"};
        }));
        if (!edited) return 1;
        now = std::move(*edited);
        readings.push_back(time_of([&] { static_cast<void>(parse_config(now.text, "operator.toml")); }));
        writings.push_back(time_of([&] { write_whole(file, now.text); }));
    }
    std::filesystem::remove(file);
    fmt::print(R"({{"bytes":{},"entries":{},"edit":{:.9f},"worst_edit":{:.9f},"replace":{:.9f},"read":{:.9f},)"
               R"("write":{:.9f}}})"
               "\n",
               now.text.size(), now.loaded.values.model_servers.size() + now.loaded.values.delegators.size(),
               median(edits), *std::ranges::max_element(edits), median(replacements), median(readings),
               median(writings));
}
