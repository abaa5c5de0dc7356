#include "daemon/loop/file_watch.hpp"

#include <algorithm>
#include <system_error>

namespace fs = std::filesystem;

namespace opd::loop {
namespace {

constexpr int most_links = 40;  // as the kernel

fs::path from_the_root(const fs::path& path) {
    std::error_code failed;
    const fs::path made = fs::absolute(path, failed);
    return failed ? path : made;
}

/// Goes the way that a path leads, name by name.
class walk {
public:
    explicit walk(const fs::path& path) : left_(from_the_root(path)) {}

    std::vector<watch_point> points() {
        while (step()) {
        }
        if (here_.has_relative_path()) add({here_.parent_path(), here_.filename()});
        return std::move(points_);
    }

private:
    /// False: this was the last name, or the last that is there.
    bool step() {
        if (left_.is_absolute()) here_ = left_.root_path();
        left_ = left_.relative_path();
        const auto name = left_.begin();
        if (name == left_.end()) return false;
        fs::path rest;
        for (auto at = std::next(name); at != left_.end(); ++at) rest /= *at;
        const bool more = pass(*name, rest);
        left_ = std::move(rest);
        return more;
    }

    bool pass(const fs::path& name, fs::path& rest) {
        if (name.empty() || name == ".") return true;
        if (name == "..") {
            here_ = here_.parent_path();  // free of links: so this is the folder above
            return true;
        }
        std::error_code failed;
        const fs::file_type type = fs::symlink_status(here_ / name, failed).type();
        if (type == fs::file_type::directory && !rest.empty()) {
            here_ /= name;
            return true;
        }
        add({here_, name});
        if (type != fs::file_type::symlink || ++links_ > most_links) return false;
        const fs::path leads_to = fs::read_symlink(here_ / name, failed);
        rest = rest.empty() ? leads_to : leads_to / rest;
        return !failed;
    }

    void add(watch_point found) {
        if (std::ranges::find(points_, found) == points_.end()) points_.push_back(std::move(found));
    }

    fs::path here_;  ///< a folder, free of links
    fs::path left_;
    std::vector<watch_point> points_;
    int links_ = 0;
};

}  // namespace

std::vector<watch_point> watch_points(const fs::path& file) { return walk(file).points(); }

}  // namespace opd::loop
