#include "daemon/log_text.hpp"

#include "config/utf8.hpp"

namespace opd {

std::string log_text(std::string_view message) {
    std::string text;
    while (!message.empty()) {
        const std::string_view line = message.substr(0, message.find('\n'));
        message.remove_prefix(line.size());
        text += legible(line);
        if (message.empty()) break;
        message.remove_prefix(1);
        text += "\n  ";
    }
    return text;
}

}  // namespace opd
