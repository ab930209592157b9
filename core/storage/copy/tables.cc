#include "core/storage/copy/tables.h"

namespace vestnik::storage {

std::span<const Table> tables() {
  using enum ColumnType;
  static const std::vector<Table> all{
      {"account",
       "id",
       {{"id"},
        {"jid", text},
        {"created_at"},
        {"disabled", flag},
        {"last_activity_at"},
        {"last_status", text}}},
      {"credential",
       "account, hash",
       {{"account"},
        {"hash", text},
        {"salt", bytes},
        {"iterations"},
        {"stored_key", bytes},
        {"server_key", bytes}}},
      {"roster", "owner", {{"owner"}, {"version"}, {"complete_since"}}},
      {"roster_item",
       "owner, contact",
       {{"owner"},
        {"contact", text},
        {"name", text},
        {"groups", text},
        {"subscription"},
        {"ask", flag},
        {"approved", flag},
        {"version"}}},
      {"roster_removed", "owner, contact", {{"owner"}, {"contact", text}, {"version"}}},
      {"roster_pending", "owner, contact", {{"owner"}, {"contact", text}, {"stanza", text}}},
      {"offline_queue", "owner", {{"owner"}, {"last_id"}, {"messages"}, {"bytes"}}},
      {"offline_message",
       "owner, id",
       {{"owner"}, {"id"}, {"received_at"}, {"bytes"}, {"stanza", text}, {"archived"}}},
      {"private_xml", "owner, ns, name", {{"owner"}, {"ns", text}, {"name", text}, {"bytes"}, {"xml", text}}},
      {"vcard", "owner", {{"owner"}, {"xml", text}}},
      {"blocked", "owner, jid", {{"owner"}, {"jid", text}}},
      {"meta", "key", {{"key", text}, {"value", bytes}}},
      {"s2s_spool", "id", {{"id"}, {"stanza", text}}},
      {"archive_body", "id", {{"id"}, {"owners"}, {"stanza", text}}},
      {"archive_entry", "owner, id", {{"owner"}, {"id"}, {"ordinal"}, {"peer"}, {"resource"}, {"body"}}},
      {"archive_orphan", "owner", {{"owner"}}},
      // What has been indexed is to be indexed anew.
      {"archive_unindexed",
       "owner, id",
       {{"owner"}, {"id"}},
       "(SELECT owner, id FROM archive_unindexed UNION SELECT owner, id FROM archive_indexed) AS line"},
      {"archive_policy", "owner", {{"owner"}, {"otherwise"}}},
      {"archive_exception", "owner, peer", {{"owner"}, {"peer", text}, {"archive", flag}}},
  };
  return all;
}

}  // namespace vestnik::storage
