#pragma once

#include "client/answers.hpp"
#include "client/views.hpp"
#include "config/base/result.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opd {

// What operatord answers about keys: names, never a value.

struct key_user {
    std::string server;
    std::string status;
};

struct key_answer {
    std::string name;
    std::string source;  ///< empty: it is nowhere to be found
    std::string error;   ///< why one that should come first is not used; empty: nothing is wrong
    std::vector<key_user> users;
};

struct keys_answer {
    std::vector<key_answer> keys;
    std::string keys_file;  ///< its path; empty: there is no place for one
    std::vector<std::string> keys_file_errors;
};

result<keys_answer> read_keys(std::string_view json);
result<key_answer> read_key(std::string_view json);

/// The table of keys, what is wrong with them, and what to do for those that servers wait for.
std::string show_keys(const keys_answer&, const view&);

/// A key that was handed over, and where its servers stand now; those of others may be among them.
std::string show_pushed(const key_answer&, const std::vector<models_answer>&);

/// A pushed key that was forgotten.
std::string show_forgotten(const key_answer&);

}  // namespace opd
