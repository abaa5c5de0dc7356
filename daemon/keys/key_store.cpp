#include "daemon/keys/key_store.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <set>
#include <utility>

#include <unistd.h>

namespace opd::keys {
namespace {

std::optional<secret> key_in(const key_map& keys, std::string_view name) {
    const auto found = keys.find(name);
    if (found == keys.end()) return std::nullopt;
    return found->second;
}

bool is_same(const secret& one, const secret& other) { return one.reveal() == other.reveal(); }

/// The names in any of them, each once.
template <class... Maps>
std::vector<std::string> names_in(const Maps&... maps) {
    std::set<std::string> names;
    const auto add = [&](const auto& keys) {
        for (const auto& [name, key] : keys) names.insert(name);
    };
    (add(maps), ...);
    return {names.begin(), names.end()};
}

std::vector<std::string> errors_of(const std::filesystem::path& file, const result<keys_text>& read) {
    std::vector<std::string> errors;
    if (!read) {
        errors.push_back(read.error().sentence());
        return errors;
    }
    for (const key_line_fault& fault : read->faults)
        errors.push_back(fmt::format("{}:{}: {}", file.string(), fault.line, fault.message));
    return errors;
}

}  // namespace

key_store::key_store(key_places places, changed tell, spdlog::logger& log)
    : places_(std::move(places)), changed_(std::move(tell)), log_(log) {}

sought_key key_store::look_into(key_source source, std::string_view name) const {
    switch (source) {
        case key_source::pushed: return key_in(pushed_, name);
        case key_source::credentials:
            if (const auto known = credentials_.find(name); known != credentials_.end()) return known->second;
            break;
        case key_source::keys_file: return key_in(in_file_, name);
        case key_source::environment: return key_from_environment(name, places_.limits);
    }
    return std::optional<secret>();
}

key_search key_store::find(std::string_view name) const {
    key_search search;
    for (const key_source source :
         {key_source::pushed, key_source::credentials, key_source::keys_file, key_source::environment}) {
        auto sought = look_into(source, name);
        if (sought && *sought) {
            search.found = found_key{.value = std::move(**sought), .source = source};
            break;
        }
        if (sought || !search.error.empty()) continue;
        search.error = sought.error().sentence();
    }
    return search;
}

/// An empty one: there is none.
std::vector<secret> key_store::values_of(std::span<const std::string> names) const {
    std::vector<secret> values;
    for (const std::string& name : names) {
        key_search search = find(name);
        values.push_back(search.found ? std::move(search.found->value) : secret());
    }
    return values;
}

void key_store::tell_changes(std::span<const std::string> names, std::span<const secret> before) {
    const std::vector<secret> now = values_of(names);
    std::vector<std::string> other;
    for (std::size_t i = 0; i != names.size(); ++i)
        if (!is_same(now[i], before[i])) other.push_back(names[i]);
    if (!other.empty()) changed_(other);
}

bool key_store::push(const std::string& name, secret key) {
    if (!pushed_.contains(name) && pushed_.size() >= places_.limits.pushed_keys) return false;
    const std::vector<std::string> names{name};
    const std::vector<secret> before = values_of(names);
    pushed_.insert_or_assign(name, std::move(key));
    log_.info("the key {} was pushed", name);
    tell_changes(names, before);
    return true;
}

bool key_store::forget(std::string_view name) {
    const auto found = pushed_.find(name);
    if (found == pushed_.end()) return false;
    const std::vector<std::string> names{found->first};
    const std::vector<secret> before = values_of(names);
    pushed_.erase(found);
    log_.info("the pushed key {} was forgotten", name);
    tell_changes(names, before);
    return true;
}

void key_store::take_over(keys_on_disk read) {
    std::vector<std::string> errors;
    if (places_.keys_file) errors = errors_of(*places_.keys_file, read.file);
    if (errors != errors_)
        for (const std::string& error : errors) log_.warn("{}", error);
    errors_ = std::move(errors);
    const std::string& fault = read.credentials_fault;
    if (!fault.empty() && fault != credentials_fault_) log_.warn("{}", fault);
    credentials_fault_ = fault;

    key_map next = read.file ? std::move(read.file->keys) : key_map();
    if (!read.credentials) read.credentials = credentials_;
    const std::vector<std::string> names = names_in(in_file_, next, credentials_, *read.credentials);
    const std::vector<secret> before = values_of(names);
    const std::size_t held = in_file_.size();
    in_file_ = std::move(next);
    credentials_ = *std::move(read.credentials);
    if (held != in_file_.size()) log_.info("{}: {} keys", places_.keys_file->string(), in_file_.size());
    tell_changes(names, before);
}

std::vector<std::string> key_store::names() const { return names_in(pushed_, in_file_); }

}  // namespace opd::keys
