#pragma once

#include "config/toml/layout.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace opd {

/// The elements of a `[...]`, or the members of a `{...}`, with the blanks, line breaks, commas and comments around
/// them: some can be changed, removed or inserted, and all else stays. What is inserted imitates its neighbours.
class toml_list {
public:
    /// `list` is the place of the brackets, `items` are the places of what they hold.
    toml_list(std::string_view text, text_range list, const std::vector<text_range>& items);

    void replace(std::size_t place, std::string written);
    /// Comments above it stay; one that follows it in its line goes with it.
    void remove(std::size_t place);
    /// At the place that `before` of the items precede; what comes later to the same place stands behind.
    void insert(std::size_t before, std::string written);

    /// The list with its brackets. `line_break` is for where the list itself has none to imitate.
    std::string write(std::string_view line_break) const;

private:
    struct item {
        std::string lead;     ///< from the end of the last item to this one
        std::string written;  ///< the item itself
        std::string gap;      ///< between it and its comma
        std::string trail;    ///< the comment that follows in its line, with the blanks before it
        bool removed = false;
    };

    struct insertion {
        std::size_t before;
        item made;
    };

    std::string lead_between(std::size_t before) const;
    std::string first_lead();
    std::vector<item> edited(std::string& tail, std::string_view line_break) const;

    char open_;
    char close_;
    std::vector<item> items_;
    std::vector<insertion> insertions_;  ///< sorted by place
    std::string tail_;                   ///< from the end of the last item to the closing bracket
    bool comma_at_end_ = false;
};

}  // namespace opd
