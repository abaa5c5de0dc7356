#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace opd {

/// A word that may stand where the cursor is.
struct candidate {
    std::string word;
    std::string description;
};

struct completion {
    std::vector<candidate> candidates;  ///< those that begin with what was typed
    bool files = false;                 ///< the shell knows better: a file's name is due
    std::string_view names;  ///< not empty: the name of a `server`, `delegator`, `kind`, `tool` or `key` is due
};

/// What may follow. `words`: the command line without the program, up to and with the word under the cursor (empty
/// where none is begun yet). Derived from what the program accepts: commands, options, and for values the names of
/// their types.
completion complete(const CLI::App&, std::span<const std::string> words);

/// One line a candidate, `WORD<TAB>DESCRIPTION`, or `:files`, for the scripts in client/completion.
std::string completion_lines(const completion&);

}  // namespace opd
