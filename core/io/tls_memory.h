#pragma once
#include <cstddef>

namespace vestnik {

/// What OpenSSL has allocated. Two things are gained by handing it its memory: one knows how much that is,
/// and the record buffers of 16 KB, which it takes and returns with every read and write of a connection
/// (SSL_MODE_RELEASE_BUFFERS), are kept by the thread instead of tearing holes into its heap.
namespace tls_memory {

/// Puts itself between OpenSSL and the heap. Before the first call to OpenSSL, hence the first thing that a
/// program does; afterwards it is refused (false), and bytes() stays 0.
bool install();

/// Bytes in OpenSSL's hands, to within 64 KB a thread. Any thread.
std::size_t bytes();

}  // namespace tls_memory
}  // namespace vestnik
