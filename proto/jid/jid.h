#pragma once
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "proto/base/result.h"

namespace vestnik {

/// Why a text is no address (RFC 7622 §3); the stanza error for each of them is `jid-malformed`.
enum class JidError : std::uint8_t {
  empty_domain,
  empty_local,     ///< `@example.org`
  empty_resource,  ///< `example.org/`
  too_long,        ///< a part exceeds 1,023 bytes after preparation
  bad_local,       ///< refused by PRECIS UsernameCaseMapped and by Nodeprep
  bad_domain,      ///< neither an IDNA domain nor an address literal
  bad_resource,    ///< refused by PRECIS OpaqueString
  bad_utf8,
};

/// One sentence for logs and error texts.
std::string_view to_string(JidError error);

/// A canonical address that somebody else stores: a pointer, a length and two offsets. Valid as long as that
/// storage. Compared byte by byte, which is right because only canonical forms (RULES 8) get this far.
class JidView {
 public:
  constexpr JidView() = default;

  std::string_view full() const { return text_; }
  std::string_view bare() const { return text_.substr(0, domain_end_); }
  std::string_view local() const { return text_.substr(0, local_end_); }
  std::string_view domain() const {
    const std::size_t begin = local_end_ == 0 ? 0 : local_end_ + 1U;
    return text_.substr(begin, domain_end_ - begin);
  }
  std::string_view resource() const {
    return domain_end_ == text_.size() ? std::string_view{} : text_.substr(domain_end_ + 1U);
  }

  bool empty() const { return text_.empty(); }
  bool has_local() const { return local_end_ != 0; }
  bool is_bare() const { return domain_end_ == text_.size(); }
  JidView to_bare() const { return {bare(), local_end_, domain_end_}; }

  friend bool operator==(JidView a, JidView b) { return a.text_ == b.text_; }
  friend std::strong_ordering operator<=>(JidView a, JidView b) { return a.text_ <=> b.text_; }

  /// Wraps text known to be canonical, with the ends of its localpart (0: there is none) and of its domain.
  JidView(std::string_view canonical, std::uint16_t local_end, std::uint16_t domain_end)
      : text_(canonical), local_end_(local_end), domain_end_(domain_end) {}

  /// Wraps text known to be canonical (taken from a store, or from Jid::full()).
  static JidView of_canonical(std::string_view canonical);

  /// The hot path: wraps `text` without allocating if it is plain ASCII and in canonical form already, that
  /// is, if Jid::parse() would leave it as it is. Otherwise the view is empty and parse() decides, as it does
  /// for domains beyond 63 bytes or with hyphens side by side (which A-labels have).
  static JidView if_canonical_ascii(std::string_view text);

  std::uint16_t local_end() const { return local_end_; }
  std::uint16_t domain_end() const { return domain_end_; }

 private:
  std::string_view text_;
  std::uint16_t local_end_ = 0;   ///< offset of '@', or 0
  std::uint16_t domain_end_ = 0;  ///< offset of '/', or the length
};

/// An address in canonical form (RFC 7622 with RULES 8: UsernameCaseMapped+NFC, Nodeprep once as a fallback;
/// domains as lower-case U-labels without trailing dot; resources OpaqueString). A value; any thread.
class Jid {
 public:
  Jid() = default;
  explicit Jid(JidView view)
      : text_(view.full()), local_end_(view.local_end()), domain_end_(view.domain_end()) {}

  /// Splits at the first '/', then at the first '@' of the left part, and prepares each part. An empty part
  /// is an error.
  static Result<Jid, JidError> parse(std::string_view text);

  /// Prepares each part; `local` and `resource` may be empty and are then absent.
  static Result<Jid, JidError> from_parts(std::string_view local, std::string_view domain,
                                          std::string_view resource = {});

  JidView view() const { return {text_, local_end_, domain_end_}; }
  operator JidView() const { return view(); }  // implicit on purpose: a Jid is a JidView that owns

  const std::string& full() const { return text_; }
  std::string_view bare() const { return view().bare(); }
  std::string_view local() const { return view().local(); }
  std::string_view domain() const { return view().domain(); }
  std::string_view resource() const { return view().resource(); }
  bool empty() const { return text_.empty(); }
  bool has_local() const { return local_end_ != 0; }
  bool is_bare() const { return view().is_bare(); }

  Jid to_bare() const { return Jid(view().to_bare()); }
  /// The same account with another resource, which is prepared.
  Result<Jid, JidError> with_resource(std::string_view resource) const;

  friend bool operator==(const Jid& a, const Jid& b) { return a.text_ == b.text_; }
  friend std::strong_ordering operator<=>(const Jid& a, const Jid& b) { return a.text_ <=> b.text_; }

 private:
  Jid(std::string text, std::uint16_t local_end, std::uint16_t domain_end)
      : text_(std::move(text)), local_end_(local_end), domain_end_(domain_end) {}

  std::string text_;
  std::uint16_t local_end_ = 0;
  std::uint16_t domain_end_ = 0;
};

/// The three preparations on their own, for names that come without an address (SASL users, configured
/// hosts).
Result<std::string, JidError> prepare_local(std::string_view text);
Result<std::string, JidError> prepare_domain(std::string_view text);
Result<std::string, JidError> prepare_resource(std::string_view text);

/// Names the tables that preparation uses, like `unicode-15.0`. Kept next to stored addresses: where it
/// differs, they have to be prepared anew.
std::string jid_tables_version();

/// The form for DNS, SNI and certificates: A-labels. Address literals pass unchanged.
Result<std::string, JidError> domain_to_ascii(std::string_view domain);

}  // namespace vestnik

template <>
struct std::hash<vestnik::Jid> {
  std::size_t operator()(const vestnik::Jid& jid) const noexcept {
    return std::hash<std::string>{}(jid.full());
  }
};
