#include "config/base/secret.hpp"

#include <algorithm>
#include <utility>

#include <string.h>  // NOLINT(modernize-deprecated-headers): explicit_bzero
#include <sys/prctl.h>
#include <sys/resource.h>

namespace opd {

void wipe(void* memory, std::size_t bytes) noexcept {
    if (bytes != 0) ::explicit_bzero(memory, bytes);
}

void wipe(std::string& text) noexcept {
    text.resize(text.capacity());  // of a short one, this is the object itself
    wipe(text.data(), text.size());
    text.clear();
}

secret::secret(std::string_view text) : text_(text.empty() ? nullptr : new char[text.size()]), size_(text.size()) {
    std::ranges::copy(text, text_.get());
}

secret::secret(secret&& other) noexcept : text_(std::move(other.text_)), size_(std::exchange(other.size_, 0)) {}

secret& secret::operator=(secret other) noexcept {
    text_.swap(other.text_);
    std::swap(size_, other.size_);
    return *this;
}

secret::~secret() { wipe(text_.get(), size_); }

void keep_memory_private() {
    ::prctl(PR_SET_DUMPABLE, 0);
    const rlimit none{.rlim_cur = 0, .rlim_max = 0};
    ::setrlimit(RLIMIT_CORE, &none);
}

}  // namespace opd
