#pragma once
// Fetches what is about to be changed into the cache: thousands of listeners lie all over the memory.

#include <cstddef>

namespace musicspace::relay {

/// Its first two cache lines; null is allowed.
inline void prefetch(const void* object) {
    constexpr std::ptrdiff_t kLine = 64;
    __builtin_prefetch(object, 1);
    __builtin_prefetch(static_cast<const char*>(object) + kLine, 1);
}

}  // namespace musicspace::relay
