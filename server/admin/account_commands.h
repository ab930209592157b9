#pragma once
#include <string>
#include <vector>

#include "core/storage/account_store.h"
#include "server/admin/command_table.h"
#include "server/admin/context.h"

namespace vestnik::admin {

/// `user …`
class AccountCommands {
 public:
  explicit AccountCommands(AdminContext& context) : context_(&context) {}
  void bind(CommandTable& table);

 private:
  Task<Reply> add(Arguments arguments);
  Task<Reply> passwd(Arguments arguments);
  Task<Reply> del(Arguments arguments);
  Task<Reply> set_disabled(Arguments arguments, bool disabled);
  Task<Reply> list(Arguments arguments);

  Task<Reply> announce_change(std::string jid, bool end_sessions);
  Task<Result<sasl::Credentials, CommandError>> hash(std::string jid, Secret password);
  Task<Result<std::vector<storage::AccountSummary>, storage::Error>> page(std::string host,
                                                                          std::string after);

  AdminContext* context_;
};

}  // namespace vestnik::admin
