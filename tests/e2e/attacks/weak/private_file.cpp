#include "daemon/keys/key_store.hpp"

opd::result<void> opd::keys::check_private(const std::filesystem::path&, const struct stat&, uid_t) { return {}; }
