#pragma once
#include <filesystem>

namespace vestnik {

/// A file that holds the process id and is locked as long as the process runs; removed at the end.
class PidFile {
 public:
  /// An empty path: no file. Throws std::runtime_error, among others when another process holds the lock.
  explicit PidFile(std::filesystem::path path);
  ~PidFile();
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace vestnik
