#pragma once
#include "server/admin/command_table.h"
#include "server/admin/context.h"

namespace vestnik::admin {

/// `component list|close`. The control thread only.
class ComponentCommands {
 public:
  explicit ComponentCommands(AdminContext& context) : context_(&context) {}
  void bind(CommandTable& table);

 private:
  Task<Reply> list(Arguments arguments);
  Task<Reply> close(Arguments arguments);

  AdminContext* context_;
};

}  // namespace vestnik::admin
