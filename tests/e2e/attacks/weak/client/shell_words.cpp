#include "client/text.hpp"

std::string opd::shell_quoted(std::string_view text) { return std::string(text); }

std::string opd::command_line_text(std::span<const std::string> words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
    return out;
}
