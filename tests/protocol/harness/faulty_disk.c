// A disk in trouble, for a server that is under test: preloaded, it lets writes under one folder fail or
// syncs take their time. FAULTY_DISK_FOLDER names the folder, FAULTY_DISK_CONTROL a file of two 32-bit numbers
// that the test changes as it likes: the error of every write (0: none), and the milliseconds of every sync.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct control {
  volatile int32_t error;
  volatile int32_t delay;
};

static struct control none;
static struct control* control = &none;
static const char* folder = "";

__attribute__((constructor)) static void begin(void) {
  const char* path = getenv("FAULTY_DISK_CONTROL");
  const int file = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
  void* shared = file < 0 ? MAP_FAILED : mmap(NULL, sizeof none, PROT_READ, MAP_SHARED, file, 0);
  if (file >= 0) close(file);
  if (shared == MAP_FAILED || getenv("FAULTY_DISK_FOLDER") == NULL) abort();
  control = shared;
  folder = getenv("FAULTY_DISK_FOLDER");
  unsetenv("LD_PRELOAD");
}

static int concerns(int file) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t size = readlink(link, path, sizeof path);
  const size_t wanted = strlen(folder);
  return size > 0 && (size_t)size > wanted && memcmp(path, folder, wanted) == 0;
}

static int fails(int file) {
  const int error = control->error;
  if (error == 0 || !concerns(file)) return 0;
  errno = error;
  return 1;
}

static void* real(const char* name) { return dlsym(RTLD_NEXT, name); }

#define WRITE(name, offset_type)                                                  \
  ssize_t name(int file, const void* data, size_t size, offset_type at) {         \
    static ssize_t (*next)(int, const void*, size_t, offset_type);                \
    if (next == NULL) next = (ssize_t(*)(int, const void*, size_t, offset_type))real(#name); \
    return fails(file) ? -1 : next(file, data, size, at);                         \
  }
WRITE(pwrite, off_t)
WRITE(pwrite64, off64_t)

#define SYNC(name)                                                                            \
  int name(int file) {                                                                        \
    static int (*next)(int);                                                                  \
    if (next == NULL) next = (int (*)(int))real(#name);                                       \
    const int delay = control->delay;                                                         \
    const struct timespec pause = {delay / 1000, delay % 1000 * 1000000L};                    \
    if (delay != 0 && concerns(file)) nanosleep(&pause, NULL);                                \
    return next(file);                                                                        \
  }
SYNC(fsync)
SYNC(fdatasync)
