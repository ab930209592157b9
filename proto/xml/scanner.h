#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "proto/stream/error.h"

namespace vestnik::xml {

/// What is wrong with the bytes: a condition and a static text for people.
struct Fault {
  StreamCondition condition = StreamCondition::not_well_formed;
  std::string_view text;
};

/// A qualified name as written: `message`, `stream:features`.
struct QName {
  std::string_view full;
  std::uint32_t prefix_size = 0;  ///< bytes before the colon; 0 without a prefix

  std::string_view prefix() const { return full.substr(0, prefix_size); }
  std::string_view local() const { return prefix_size == 0 ? full : full.substr(prefix_size + 1); }
};

/// An attribute as it stands on the wire. `raw_value` is the text between the quotes, references not yet
/// replaced.
struct RawAttribute {
  std::string_view name;  ///< qualified name: `to`, `xml:lang`, `xmlns:foo`
  std::string_view raw_value;
  bool has_references = false;    ///< `raw_value` contains '&', tab, CR or LF: unescape() before use
  std::uint32_t prefix_size = 0;  ///< bytes of `name` before the colon; 0 without a prefix

  QName qname() const { return {name, prefix_size}; }
};

/// Follows a range of bytes that was copied elsewhere.
struct Relocation {
  std::string_view from;
  const char* to = nullptr;

  /// Moves `view` along if it points into `from`.
  void apply(std::string_view& view) const;
};

/// The lexer: cuts XML into tags and runs of character data, checking everything about them that concerns one
/// token alone. Nesting and namespaces are for who calls. It stops at any byte and goes on from there when
/// there are more. Single-threaded; never throws on input.
class Scanner {
 public:
  enum class Token : std::uint8_t {
    need_more,    ///< the bytes end inside a token, or exactly after one
    declaration,  ///< `<?xml …?>`; attributes() has its parts
    start_tag,    ///< name(), attributes(), empty_element()
    end_tag,      ///< name()
    text,         ///< text(): character data up to the next '<'
    cdata,        ///< text(): what a CDATA section holds
    error,        ///< fault(); the scanner stays there
  };

  /// Begins anew at offset 0. `declaration_allowed`: the first thing may be the XML declaration.
  void restart(bool declaration_allowed);
  void set_max_attributes(std::uint32_t max) { max_attributes_ = max; }

  /// The next token. `bytes` begin at offset 0, always: those of the last call and perhaps more.
  Token next(std::string_view bytes);
  /// To be called when the bytes given to next() have moved.
  void relocate(const Relocation& move);

  /// Offsets of the last token.
  std::size_t token_begin() const { return token_begin_; }
  std::size_t position() const { return position_; }

  const QName& name() const { return name_; }
  const std::vector<RawAttribute>& attributes() const { return attributes_; }
  std::vector<RawAttribute>& attributes() { return attributes_; }
  bool empty_element() const { return empty_element_; }
  std::string_view text() const { return text_; }
  /// text() contains references or CR, so it is not yet what it means.
  bool text_has_references() const { return has_references_; }
  const Fault& fault() const { return fault_; }

 private:
  enum class State : std::uint8_t {
    // outside of tags
    content,
    text,
    bang,
    cdata,
    question,
    // <name attribute = 'value' >
    tag_name,
    in_tag,
    attribute_name,
    equals,
    quote,
    attribute_value,
    // </name >
    end_tag_name,
    end_tag_tail,

    failed,
  };

  Token scan_content();
  Token scan_markup();
  Token scan_text();
  Token scan_bang();
  Token scan_cdata();
  Token scan_question();
  Token scan_tag();
  Token scan_end_tag();
  std::optional<Token> scan_in_tag();
  bool scan_name();
  bool scan_any_name();
  bool scan_attribute_value();
  bool scan_odd_chars();
  bool scan_wide_name_char(bool at_start);
  bool scan_reference();

  void begin_name();
  QName take_name() const;
  void skip_space();
  bool ends_cdata() const;
  bool expect(char c);
  Token stopped() const { return state_ == State::failed ? Token::error : Token::need_more; }
  bool fail(StreamCondition condition, std::string_view text);
  Token refuse(StreamCondition condition, std::string_view text) {
    fail(condition, text);
    return Token::error;
  }
  Token malformed(std::string_view text) { return refuse(StreamCondition::not_well_formed, text); }
  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }

  // Valid during next().
  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;

  std::size_t position_ = 0;
  std::size_t token_begin_ = 0;
  std::size_t part_begin_ = 0;  // of the name, value, text or section being read
  std::size_t colon_ = 0;       // of the name being read; 0: none so far
  std::uint32_t max_attributes_ = 64;
  State state_ = State::content;
  char quote_ = '\'';
  bool has_references_ = false;
  bool declaration_allowed_ = false;
  bool in_declaration_ = false;
  bool empty_element_ = false;
  QName name_;
  std::string_view text_;
  std::vector<RawAttribute> attributes_;
  Fault fault_;
};

}  // namespace vestnik::xml
