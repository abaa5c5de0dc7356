#include "config/secret.hpp"

void opd::keep_memory_private() {}
