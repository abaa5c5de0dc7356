#include "daemon/bridge/wire/token_estimate.hpp"

namespace opd::bridge {
namespace {

constexpr std::uint64_t bytes_of_token = 4;
constexpr std::uint64_t bytes_of_media = 1'500 * bytes_of_token;

struct sizing {
    std::uint64_t operator()(const text_part& one) const { return one.text.size(); }
    std::uint64_t operator()(const media_part&) const { return bytes_of_media; }
    std::uint64_t operator()(const reasoning_part& one) const { return one.text.size() + one.state.size(); }
    std::uint64_t operator()(const call_part& one) const { return one.name.size() + one.arguments.size(); }

    std::uint64_t operator()(const result_part& one) const {
        std::uint64_t size = 0;
        for (const auto& content : one.content) size += std::visit(*this, content);
        return size;
    }
};

}  // namespace

std::uint64_t estimate_tokens(const turn& asked) {
    std::uint64_t bytes = asked.system.size() + asked.how.format.size();
    for (const message& one : asked.messages)
        for (const part& piece : one.parts) bytes += std::visit(sizing(), piece);
    for (const tool& one : asked.tools) bytes += one.name.size() + one.description.size() + one.schema.size();
    return bytes / bytes_of_token + 1;
}

}  // namespace opd::bridge
