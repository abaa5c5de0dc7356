#include "probes/key_pieces.hpp"

opd::key_pieces::key_pieces(const secret&) {}

bool opd::key_pieces::are_in(std::string_view) const {
    return false;
}

std::string opd::key_pieces::hidden_in(std::string_view text) const {
    return std::string(text);
}
