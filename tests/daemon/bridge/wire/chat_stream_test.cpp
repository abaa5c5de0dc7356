#include "daemon/bridge/wire/chat_stream.hpp"

#include "daemon/bridge/wire/upstream_fault.hpp"
#include "tests/daemon/bridge/wire/grammar.hpp"
#include "tests/daemon/bridge/wire/samples.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <tuple>

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

TEST_CASE("an id that the conversation has had is not given to another call") {
    chat_reader reader("s", std::nullopt, {"call_0"});
    deltas out;
    reader.take(
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_0\",\"function\":{\"name\":\"a\"}},"
        "{\"index\":1,\"id\":\"call_1\",\"function\":{\"name\":\"a\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\n"
        "data: [DONE]\n\n",
        out);
    std::vector<std::string> ids;
    for (const delta& one : out)
        if (const auto* const call = std::get_if<delta_of::call_open>(&one)) ids.push_back(call->id);
    CHECK(ids == std::vector<std::string>{"call_s_0", "call_1"});
}

TEST_CASE("an error that is no UTF-8 is told in characters that every agent can read") {
    const auto told = [](std::string_view body) { return read_upstream_error(502, body, std::nullopt).message; };
    CHECK(told("caf\xE9 \x80\x80 caf\xC3\xA9") == "caf\xEF\xBF\xBD \xEF\xBF\xBD caf\xC3\xA9");
    const std::string long_one = std::string(399, 'a') + "\xC3\xA9 and more";
    CHECK(told(long_one) == std::string(399, 'a') + "\xC3\xA9");
    for (const agent_protocol& one : agent_protocols) {
        const fault broken = read_upstream_error(200, "\xFF{ not JSON", std::nullopt);
        CHECK(one.fault_in(written(one, {broken}, context())) == "");
    }
}

TEST_CASE("an answer that ends with the context used up says so") {
    const auto reason = [](std::optional<std::uint64_t> context) {
        chat_reader reader("s", context);
        deltas out;
        reader.take(
            "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"length\"}],"
            "\"usage\":{\"prompt_tokens\":90,\"completion_tokens\":10}}\n\ndata: [DONE]\n\n",
            out);
        return std::get<delta_of::stop>(out.back()).why;
    };
    CHECK(reason(std::nullopt) == stop_reason::length);
    CHECK(reason(101) == stop_reason::length);
    CHECK(reason(100) == stop_reason::context_full);
}

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
        const std::string document = sample(name);
        check_all_cuts(document);
        const deltas all = read_in_pieces(document, document.size() + 1);
        CHECK(std::get<delta_of::stop>(all.back()).why == stop_reason::calls);
        for (const agent_protocol& one : agent_protocols)
            check_digest(name + ' ' + one.name, one.document(all, context()));
    }
}

TEST_CASE("what is no answer never looks like one, however it is cut") {
    using kind = fault::kind;
    const std::string said = R"({"choices":[{"message":{"content":"hi"}}]})";
    for (const auto& [body, what, message] :
         {std::tuple("<html>hello</html>", kind::alien, "a web page"),
          std::tuple("\xEF\xBB\xBF\r\n <!doctype html>", kind::alien, "a web page"),
          std::tuple(R"({"object":"list","data":[]})", kind::alien, "JSON that is no chat"),
          std::tuple("{}", kind::alien, "JSON that is no chat"), std::tuple("[1]", kind::alien, "JSON that is no chat"),
          std::tuple(R"({"choices":[)", kind::alien, "what is no JSON"),
          std::tuple(R"({"choices":[{}]})", kind::cut, "its answer ended early"),
          std::tuple(R"({"error":"no such model"})", kind::broken, "no such model"),
          std::tuple("\x1f\x8b\x08", kind::cut, "its answer ended early"),
          std::tuple("data: [DONE]\n\n", kind::cut, "its answer ended early"),
          std::tuple(" \n", kind::cut, "its answer ended early"),
          std::tuple("", kind::cut, "its answer ended early")}) {
        CAPTURE(body);
        check_all_cuts(body);
        const deltas all = read_in_pieces(body, 1'000);
        REQUIRE(std::holds_alternative<fault>(all.back()));
        CHECK(std::get<fault>(all.back()).what == what);
        CHECK(std::get<fault>(all.back()).message == message);
    }
    check_all_cuts(said);
    CHECK(std::holds_alternative<delta_of::stop>(read_in_pieces(said, 1'000).back()));
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
