#pragma once
#include "server/admin/command_table.h"
#include "server/admin/context.h"

namespace vestnik::admin {

/// `session …` and `announce`.
class SessionCommands {
 public:
  explicit SessionCommands(AdminContext& context) : context_(&context) {}
  void bind(CommandTable& table);

 private:
  Task<Reply> list(Arguments arguments);
  Task<Reply> kick(Arguments arguments);
  Task<Reply> announce(Arguments arguments);

  AdminContext* context_;
};

}  // namespace vestnik::admin
