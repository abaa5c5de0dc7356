#pragma once

#include <openssl/crypto.h>

#include <string>
#include <string_view>
#include <utility>

namespace opd {

/// The value of a key. It has no conversion, no comparison and no output operator; the one way to its text is a call
/// that is easy to search for. Its memory is wiped when it goes.
class secret {
public:
    secret() = default;

    explicit secret(std::string value) : value_(std::move(value)) {}

    secret(const secret&) = default;

    secret(secret&& other) noexcept : value_(std::move(other.value_)) { other.wipe(); }

    secret& operator=(secret other) noexcept {
        value_.swap(other.value_);
        return *this;
    }

    ~secret() { wipe(); }

    bool empty() const { return value_.empty(); }

    /// Only for the header that carries it, and for taking it out of texts.
    std::string_view reveal() const { return value_; }

private:
    void wipe() { OPENSSL_cleanse(value_.data(), value_.size()); }

    std::string value_;
};

}  // namespace opd
