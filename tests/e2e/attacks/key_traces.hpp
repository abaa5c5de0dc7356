#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace opd::test {

std::string base64(std::string_view bytes);
/// Every byte as `%XX`, but letters and digits.
std::string percent_encoded(std::string_view text);
/// Every byte as `\u00XX`.
std::string json_escaped(std::string_view text);

/// Finds any eight characters of a key, plain or in the forms above.
class key_traces {
public:
    explicit key_traces(std::string_view key);

    bool are_in(std::string_view text) const;

private:
    std::vector<std::string> parts_;
};

}  // namespace opd::test
