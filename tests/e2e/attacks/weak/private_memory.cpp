#include "config/base/secret.hpp"

void opd::keep_memory_private() {}
