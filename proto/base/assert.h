#pragma once
#include <cstdio>
#include <cstdlib>

/// Ends the process with file and line when the server itself is wrong. Never for anything a peer can cause:
/// peers get stream and stanza errors. Active in every build.
#define VESTNIK_ASSERT(condition)                                                            \
  do {                                                                                       \
    if (!(condition)) [[unlikely]] {                                                         \
      std::fprintf(stderr, "%s:%d: assertion failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)
