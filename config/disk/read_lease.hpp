#pragma once

namespace opd {

/// While it is held, nobody writes into a file: who has it open for writing prevents the lease, and who wants to open
/// it for writing waits until the lease is gone (fcntl(2), F_SETLEASE). Renaming is not prevented.
class read_lease {
public:
    read_lease() = default;
    /// The descriptor must be open for reading only, and outlive the lease.
    explicit read_lease(int descriptor);
    read_lease(read_lease&&) noexcept;
    read_lease& operator=(read_lease&&) noexcept;
    ~read_lease();

    bool held() const { return descriptor_ >= 0; }

    /// Not held, since somebody has the file open for writing. Where files have no leases, or the file belongs to
    /// another user, this cannot be told, and is false.
    bool refused() const { return refused_; }

    /// It is held, and somebody waits to open the file for writing.
    bool wanted() const;

private:
    int descriptor_ = -1;
    bool refused_ = false;
};

}  // namespace opd
