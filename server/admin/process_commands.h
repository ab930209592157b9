#pragma once
#include "server/admin/command_table.h"
#include "server/admin/context.h"

namespace vestnik::admin {

/// The commands about the server itself.
class ProcessCommands {
 public:
  explicit ProcessCommands(AdminContext& context) : context_(&context) {}
  void bind(CommandTable& table);

 private:
  Task<Reply> status(Arguments arguments);
  Task<Reply> reload(Arguments arguments);
  Task<Reply> stop(Arguments arguments);
  Task<Reply> backup(Arguments arguments);
  Task<Reply> loglevel(Arguments arguments);

  AdminContext* context_;
};

}  // namespace vestnik::admin
