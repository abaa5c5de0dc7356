#include "client/text.hpp"

std::string opd::printable(std::string_view text) { return std::string(text); }

std::string opd::printable_lines(std::string_view text) { return std::string(text); }

std::string opd::printable_json(std::string_view document) { return std::string(document); }
