#include "daemon/bridge/wire/chat_stream.hpp"

#include "tests/daemon/bridge/wire/grammar.hpp"
#include "tests/daemon/bridge/wire/samples.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace opd::bridge;

namespace {

deltas read_in_pieces(std::string_view stream, std::size_t size) {
    chat_reader reader("s");
    deltas out;
    for (std::size_t at = 0; at < stream.size(); at += size) reader.take(stream.substr(at, size), out);
    reader.end(out);
    return out;
}

deltas read_cut_at(std::string_view stream, std::size_t at) {
    chat_reader reader("s");
    deltas out;
    reader.take(stream.substr(0, at), out);
    reader.take(stream.substr(at), out);
    reader.end(out);
    return out;
}

void check_all_cuts(const std::string& stream) {
    const std::string whole = shown(read_in_pieces(stream, stream.size() + 1));
    CHECK(shown(read_in_pieces(stream, 1)) == whole);
    // Each cut of a long stream would take minutes under the sanitizers: a prime step meets every place in a line.
    const std::size_t step = stream.size() > 6'000 ? 97 : 1;
    for (std::size_t at = 0; at <= stream.size(); at += step)
        if (const std::string cut = shown(read_cut_at(stream, at)); cut != whole) {
            CAPTURE(at);
            CHECK(cut == whole);
            return;
        }
}

answer_context context() { return {.model = "m", .id = "a1", .created = 1, .input_estimate = 5, .maker = "0123"}; }

std::vector<std::string> own_streams() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(OPD_TEST_DATA) / "wire"))
        if (entry.path().extension() == ".sse") names.push_back(entry.path().stem().string());
    return names;
}

}  // namespace

TEST_CASE("each oddity of a Chat stream means what it should, in all three protocols, however it is cut") {
    const std::vector<std::string> names = own_streams();
    REQUIRE(names.size() >= 20);
    for (const std::string& name : names) {
        CAPTURE(name);
        const std::string stream = own_sample(name + ".sse");
        check_all_cuts(stream);
        const deltas all = read_in_pieces(stream, stream.size() + 1);
        check_golden(name + ".deltas", shown(all));
        for (const agent_protocol& one : agent_protocols) {
            const std::string text = written(one, all, context());
            CHECK(one.fault_in(text) == "");
            check_golden(name + '.' + one.name, text);
        }
    }
}

TEST_CASE("recorded Chat streams come through all three protocols, however they are cut") {
    for (const std::string& name : samples("openai-chat", ".sse")) {
        CAPTURE(name);
        const std::string stream = sample(name);
        check_all_cuts(stream);
        const deltas all = read_in_pieces(stream, stream.size() + 1);
        REQUIRE(all.size() >= 2);
        CHECK((std::holds_alternative<delta_of::stop>(all.back()) || std::holds_alternative<fault>(all.back())));
        check_digest(name + " deltas", shown(all));
        for (const agent_protocol& one : agent_protocols) {
            const std::string text = written(one, all, context());
            CHECK(one.fault_in(text) == "");
            check_digest(name + ' ' + one.name, text);
        }
    }
}

TEST_CASE("an answer that came as one document is the same answer") {
    for (const std::string& name : samples("openai-chat", ".json")) {
        if (name.find("nonstream") == name.npos || name.find("request") != name.npos) continue;
        CAPTURE(name);
        chat_reader reader("s");
        deltas all;
        reader.take_document(sample(name), all);
        CHECK(std::get<delta_of::stop>(all.back()).why == stop_reason::calls);
        for (const agent_protocol& one : agent_protocols)
            check_digest(name + ' ' + one.name, one.document(all, context()));
    }
}

TEST_CASE("an answer without an end is cut off, so that whoever keeps it has a limit") {
    const std::string words =
        "data: {\"choices\":[{\"delta\":{\"content\":\"" + std::string(1'000'000, 'x') + "\"}}]}\n\n";
    chat_reader reader("s");
    std::size_t taken = 0;
    for (; !reader.ended() && taken != 100; ++taken) {
        deltas out;
        reader.take(words, out);
        CHECK(std::holds_alternative<fault>(out.back()) == reader.ended());
    }
    CHECK(taken == 34);
}

TEST_CASE("hostile streams end in one end, and keep nothing") {
    const std::string open = "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":";
    std::string many;
    for (int i = 0; i != 5'000; ++i)
        many += open + std::to_string(i) + ",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]}}]}\n\n";
    const std::string deep = "data: " + std::string(100'000, '[') + "\n\n";
    for (const std::string& stream : {many, deep, std::string("data: {\"error\":\"out of memory\"}\n\n"),
                                      std::string("\0\xff\xfe", 3), std::string()}) {
        const deltas all = read_in_pieces(stream, 1'000);
        REQUIRE(!all.empty());
        CHECK(std::holds_alternative<fault>(all.back()));
        CHECK(all.size() < 10);
    }
    sse_frames frames(1'000);
    frames.add("data: " + std::string(2'000, 'x'));
    sse_frame none;
    CHECK_FALSE(frames.next(none));
    CHECK(frames.overflowed());
}
