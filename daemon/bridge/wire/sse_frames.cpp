#include "daemon/bridge/wire/sse_frames.hpp"
