#pragma once

#include <string>
#include <vector>

namespace opd {

/// The texts as execve(2) takes them, which points into them.
inline std::vector<char*> c_strings(std::vector<std::string>& texts) {
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (std::string& text : texts)
        out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

}  // namespace opd
