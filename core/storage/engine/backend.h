#pragma once
#include <filesystem>
#include <functional>
#include <memory>

#include "core/storage/engine/session.h"
#include "core/storage/error.h"

namespace vestnik::storage {

/// A kind of database, as the engine needs it: where sessions come from, and what only that kind can do.
class Backend {
 public:
  virtual ~Backend() = default;

  /// The session that writes. Asked for once, before all readers, because it brings the schema. Throws
  /// Failure.
  virtual std::unique_ptr<WriteSession> open_writer() = 0;
  /// Throws Failure.
  virtual std::unique_ptr<Session> open_reader() = 0;

  /// As Storage::backup().
  virtual void backup(std::filesystem::path target,
                      std::move_only_function<void(Result<void, Error>)> done) = 0;
  /// Ends what runs beside the sessions, which are gone by now.
  virtual void close() = 0;
};

}  // namespace vestnik::storage
