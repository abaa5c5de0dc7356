#include "daemon/private_memory.hpp"

void opd::keep_memory_private() {}
