#include "daemon/document.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

namespace opd {
namespace {

/// FNV-1a: two texts of one resource that follow each other must differ, no more is asked of it.
std::uint64_t hash(std::uint64_t state, const std::string& text) {
    for (const char c : text)
        state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return state;
}

}  // namespace

document_ptr make_document(std::vector<document::piece> pieces) {
    auto made = std::make_shared<document>();
    std::uint64_t state = 0xcbf29ce484222325U;
    for (const auto& one : pieces) {
        made->size += one->size();
        state = hash(state, *one);
    }
    made->etag = fmt::format("\"{:016x}\"", state);
    made->pieces = std::move(pieces);
    return made;
}

document_ptr make_document(std::string text) {
    return make_document({std::make_shared<const std::string>(std::move(text))});
}

}  // namespace opd
