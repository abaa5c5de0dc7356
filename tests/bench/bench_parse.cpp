// How fast a long OpenRouter list becomes models, beside what simdjson's DOM needs for parsing alone:
// bench_parse FILE. Both take turns, so that a machine that slows down slows both. Prints one JSON object.

#include "probes/dialects/dialect.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

using namespace opd;

namespace {

constexpr std::size_t rounds = 400;

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

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        fmt::print(stderr, "usage: bench_parse FILE\n");
        return 64;
    }
    std::ifstream file(argv[1], std::ios::binary);
    http_reply reply;
    reply.status = 200;
    reply.content_type = "application/json";
    reply.body.assign(std::istreambuf_iterator<char>(file), {});
    const kind& openrouter = *find_kind("openrouter");
    const api_root root = *resolve_base_url(openrouter, openrouter.default_base_url);
    const route listed = dialect_of(openrouter.dialect).routes(root).front();

    simdjson::dom::parser parser;
    const simdjson::padded_string padded(reply.body);
    std::vector<double> ours;
    std::vector<double> reference;
    std::size_t models = 0;
    std::size_t elements = 0;
    for (std::size_t i = 0; i < rounds; ++i) {
        ours.push_back(time_of([&] {
            models = to_page(listed, root, read_listing(reply, listed.rules), listed.target, {}).models.size();
        }));
        reference.push_back(time_of([&] {
            simdjson::dom::array data;
            elements = parser.parse(padded)["data"].get(data) == simdjson::SUCCESS ? data.size() : 0;
        }));
    }
    if (models == 0 || elements == 0) {
        fmt::print(stderr, "bench_parse: {}: no model list\n", argv[1]);
        return 1;
    }
    const double megabytes = static_cast<double>(reply.body.size()) / 1e6;
    const double own_time = median(ours);
    const double reference_time = median(reference);
    fmt::print(R"({{"bytes":{},"models":{},"seconds":{:.9f},"mb_per_s":{:.1f},"dom_mb_per_s":{:.1f},"ratio":{:.3f}}})"
               "\n",
               reply.body.size(), models, own_time, megabytes / own_time, megabytes / reference_time,
               own_time / reference_time);
}
