#include "config/toml/json_compare.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace opd {
namespace {

// Arrays of more are compared at their ends only: the table below would take too long.
constexpr std::size_t most_comparisons = 250'000;

bool is_whole(const boost::json::value& value) {
    return value.is_int64() || value.is_uint64();
}

bool same_whole(const boost::json::value& a, const boost::json::value& b) {
    if (a.is_int64() && b.is_int64()) return a.get_int64() == b.get_int64();
    if (a.is_uint64() && b.is_uint64()) return a.get_uint64() == b.get_uint64();
    return a.is_int64() ? std::cmp_equal(a.get_int64(), b.get_uint64()) : std::cmp_equal(a.get_uint64(), b.get_int64());
}

/// Exact: a large whole number is not rounded for the comparison.
bool same_real(double real, const boost::json::value& whole) {
    if (real != std::floor(real)) return false;
    if (whole.is_int64()) {
        return real >= -0x1p63 && real < 0x1p63 && static_cast<std::int64_t>(real) == whole.get_int64();
    }
    return real >= 0 && real < 0x1p64 && static_cast<std::uint64_t>(real) == whole.get_uint64();
}

bool same_array(const boost::json::array& a, const boost::json::array& b) {
    return std::ranges::equal(a, b, same_value);
}

bool same_table(const boost::json::object& a, const boost::json::object& b) {
    return a.size() == b.size() && std::ranges::all_of(a, [&b](const auto& member) {
               const boost::json::value* other = b.if_contains(member.key());
               return other != nullptr && same_value(member.value(), *other);
           });
}

/// Compares the middles of two arrays: how many elements are common behind each pair of places.
class common_elements {
public:
    common_elements(const boost::json::array& before, const boost::json::array& after, std::size_t head,
                    std::size_t tail)
        : old_count_(before.size() - head - tail), new_count_(after.size() - head - tail) {
        if (old_count_ * new_count_ > most_comparisons) return;
        same_.assign(old_count_ * new_count_, false);
        counts_.assign((old_count_ + 1) * (new_count_ + 1), 0);
        for (std::size_t i = old_count_; i-- > 0;) {
            for (std::size_t j = new_count_; j-- > 0;) {
                const bool same = same_value(before[head + i], after[head + j]);
                same_[i * new_count_ + j] = same;
                counts_[at(i, j)] = same ? count(i + 1, j + 1) + 1 : std::max(count(i + 1, j), count(i, j + 1));
            }
        }
    }

    bool same(std::size_t i, std::size_t j) const {
        return i < old_count_ && j < new_count_ && !same_.empty() && same_[i * new_count_ + j];
    }

    std::size_t count(std::size_t i, std::size_t j) const { return counts_.empty() ? 0 : counts_[at(i, j)]; }

    std::size_t old_count() const { return old_count_; }

    std::size_t new_count() const { return new_count_; }

private:
    std::size_t at(std::size_t i, std::size_t j) const { return i * (new_count_ + 1) + j; }

    std::size_t old_count_;
    std::size_t new_count_;
    std::vector<bool> same_;
    std::vector<std::size_t> counts_;
};

}  // namespace

bool same_value(const boost::json::value& a, const boost::json::value& b) {
    if (is_whole(a) && is_whole(b)) return same_whole(a, b);
    if (a.is_double() && is_whole(b)) return same_real(a.get_double(), b);
    if (b.is_double() && is_whole(a)) return same_real(b.get_double(), a);
    if (a.is_array() && b.is_array()) return same_array(a.get_array(), b.get_array());
    if (a.is_object() && b.is_object()) return same_table(a.get_object(), b.get_object());
    return a == b;
}

std::vector<array_step> steps_between(const boost::json::array& before, const boost::json::array& after) {
    using type = array_step::type;
    const std::size_t shorter = std::min(before.size(), after.size());
    std::size_t head = 0;
    while (head < shorter && same_value(before[head], after[head])) {
        ++head;
    }
    std::size_t tail = 0;
    while (tail < shorter - head && same_value(before[before.size() - 1 - tail], after[after.size() - 1 - tail])) {
        ++tail;
    }
    std::vector<array_step> steps;
    for (std::size_t i = 0; i < head; ++i) {
        steps.push_back({type::keep, i, i});
    }
    const common_elements middle(before, after, head, tail);
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < middle.old_count() || j < middle.new_count()) {
        // Up to the next element that is kept, old ones become new ones; what is over is removed or inserted.
        std::size_t olds = i;
        std::size_t news = j;
        while ((olds < middle.old_count() || news < middle.new_count()) && !middle.same(olds, news)) {
            const bool skip_new =
                news < middle.new_count() &&
                (olds == middle.old_count() || middle.count(olds, news + 1) >= middle.count(olds + 1, news));
            ++(skip_new ? news : olds);
        }
        for (; i < olds && j < news; ++i, ++j) {
            steps.push_back({type::change, head + i, head + j});
        }
        for (; i < olds; ++i) {
            steps.push_back({type::remove, head + i, head + j});
        }
        for (; j < news; ++j) {
            steps.push_back({type::insert, head + i, head + j});
        }
        if (middle.same(i, j)) {
            steps.push_back({type::keep, head + i, head + j});
            ++i;
            ++j;
        }
    }
    for (std::size_t k = 0; k < tail; ++k) {
        steps.push_back({type::keep, before.size() - tail + k, after.size() - tail + k});
    }
    return steps;
}

}  // namespace opd
