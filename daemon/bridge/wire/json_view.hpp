#pragma once

#include "daemon/bridge/wire/turn.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace opd::bridge {

/// A value within a JSON text, as it stands there. Looking is cheap and lenient: what is not there, or of another type,
/// is an empty view, an empty text, no elements. One look into an object takes as long as the object; a tree is never
/// built, so that hostile texts cost no more memory than they have bytes.
class json_view {
public:
    json_view() = default;

    /// The text as a whole, after a check of its grammar (RFC 8259), its UTF-8 and its depth; the error says where it
    /// breaks. Halves of escaped surrogate pairs are mended in place. The text must outlive all views.
    static decoded<json_view> of(std::string& text);

    explicit operator bool() const { return !raw_.empty() && raw_ != "null"; }  ///< neither missing nor null
    bool is_object() const { return raw_.starts_with('{'); }
    bool is_array() const { return raw_.starts_with('['); }
    bool is_text() const { return raw_.starts_with('"'); }

    /// The value's text, without blanks around it; valid as long as the JSON.
    raw_json raw() const { return raw_; }
    /// What stands between the quotes of a text.
    std::string_view quoted() const { return is_text() ? raw_.substr(1, raw_.size() - 2) : std::string_view(); }
    std::string text() const;
    bool is(std::string_view plain_text) const { return is_text() && quoted() == plain_text; }
    bool is_true() const { return raw_ == "true"; }
    std::optional<std::uint64_t> number() const;  ///< a whole one, that may be written with a fraction of zero
    raw_json number_text() const { return is_number() ? raw_ : raw_json(); }

    /// The first member of that name.
    json_view operator[](std::string_view name) const;

    /// The first members of these names, by one look.
    template <std::size_t Count>
    std::array<json_view, Count> pick(const std::array<std::string_view, Count>& names) const {
        std::array<json_view, Count> out;
        pick(names, out);
        return out;
    }

    /// Calls `each(std::string name, json_view)`.
    template <class Each>
    void members(Each each) const {
        if (!is_object()) return;
        for (std::size_t at = first(); raw_[at] != '}'; at = next(at)) {
            const json_view name = value_at(at);
            at = behind_colon(at + name.raw_.size());
            const json_view value = value_at(at);
            each(name.text(), value);
            at += value.raw_.size();
        }
    }

    /// Calls `each(json_view)`.
    template <class Each>
    void elements(Each each) const {
        if (!is_array()) return;
        for (std::size_t at = first(); raw_[at] != ']'; at = next(at)) {
            const json_view value = value_at(at);
            each(value);
            at += value.raw_.size();
        }
    }

private:
    explicit json_view(std::string_view raw) : raw_(raw) {}

    void pick(std::span<const std::string_view> names, std::span<json_view> out) const;
    bool is_number() const { return !raw_.empty() && (raw_[0] == '-' || (raw_[0] >= '0' && raw_[0] <= '9')); }
    std::size_t first() const { return behind_blanks(1); }
    std::size_t behind_blanks(std::size_t at) const;
    std::size_t behind_colon(std::size_t at) const;
    /// From behind a value to the next one, or to the closing bracket.
    std::size_t next(std::size_t at) const;
    json_view value_at(std::size_t at) const;

    raw_json raw_;
};

/// Behind the closing quote of the text that begins at this place of a whole JSON text.
std::size_t behind_text(std::string_view json, std::size_t at);

}  // namespace opd::bridge
