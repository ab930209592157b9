#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proto/base/result.h"

namespace vestnik::config {

/// Where something was written.
struct Origin {
  std::string source;         ///< the file as it was named, or the `--set` argument
  std::uint32_t line = 0;     ///< from 1; 0: the whole source
  std::filesystem::path dir;  ///< what relative paths written there are relative to
};

/// One fault of a configuration, for the person who wrote it.
struct Problem {
  Origin where;
  std::string text;

  /// `vestnik.toml:12: unknown key …`, one line.
  std::string to_string() const;
};

using Problems = std::vector<Problem>;

/// A scalar, or a list of texts.
using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

struct Node;

/// A table of the file, with where it stands.
struct TableNode {
  std::vector<Node> entries;

  Node* find(std::string_view name);
};

/// An array of tables: `[[host]]`.
struct ListNode {
  std::vector<Node> items;
};

/// A part of a configuration file with its place, so that faults found much later can name it.
struct Node {
  std::string name;  ///< the key; empty for the root and the items of lists
  Origin origin;
  std::variant<Value, TableNode, ListNode> content;
};

/// Reads TOML. `origin.source` names the text in problems.
Result<Node, Problems> parse_document(std::string_view text, const Origin& origin);

/// Reads a TOML file.
Result<Node, Problems> read_document(const std::filesystem::path& file);

/// What is already there when a merge finds a key twice.
enum class OnDuplicate : std::uint8_t {
  refuse,    ///< is a problem: two files must not disagree
  override,  ///< gives way; a table merged into a list of tables is merged into each of them
};

/// Moves everything of `from` into `into`; lists of tables are appended.
void merge(TableNode& into, TableNode&& from, OnDuplicate on_duplicate, Problems& problems);

}  // namespace vestnik::config
