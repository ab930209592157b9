#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proto/base/siphash.h"

struct evp_cipher_ctx_st;

namespace vestnik {

/// The ids of archived messages as clients see them (XEP-0313 §3: unpredictable; XEP-0359 §5: nothing can be
/// read off them): the archive's own number and a tag of the archive as one AES block, base64url. Being a
/// permutation it needs no index to be turned back, and what another archive or nobody gave out is found out
/// by its tag. One thread at a time.
class ArchiveIdCodec {
 public:
  /// `secret`: of the installation; ids are good as long as it stays.
  explicit ArchiveIdCodec(std::string_view secret);

  /// `archive`: the address that the archive belongs to, bare.
  std::string encode(std::string_view archive, std::int64_t id);
  /// Nothing if `text` is no id of this archive. The message may be gone, or never have been.
  std::optional<std::int64_t> decode(std::string_view archive, std::string_view text);

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* context) const noexcept;
  };
  using Cipher = std::unique_ptr<evp_cipher_ctx_st, Free>;
  static Cipher make_cipher(std::string_view key, bool encrypting);

  SipKey tag_key_;
  Cipher encrypting_;
  Cipher decrypting_;
};

}  // namespace vestnik
