#pragma once
#include "server/admin/command_table.h"
#include "server/admin/context.h"

namespace vestnik::admin {

/// `s2s …`: what goes on with other servers.
class S2sCommands {
 public:
  explicit S2sCommands(AdminContext& context) : context_(&context) {}
  void bind(CommandTable& table);

 private:
  Task<Reply> list(Arguments arguments);
  Task<Reply> show(Arguments arguments);
  Task<Reply> close(Arguments arguments);
  Task<Reply> check(Arguments arguments);

  AdminContext* context_;
};

}  // namespace vestnik::admin
