// Lets a disk fail on command: preloaded, it looks into FAULTS_FILE before each call that changes something below
// FAULTS_ROOT, and fails or waits as that says. The file holds five 32-bit numbers: the errno of calls that make names
// (open of a new file, mkdir, rename), of writes and of flushes, and milliseconds that a write and a flush wait.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { naming, writing, flushing, write_delay, flush_delay, faults };

static volatile int *fault;
static const char *root;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FAULTS_FILE");
    root = getenv("FAULTS_ROOT");
    int descriptor = path && root ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (descriptor < 0) return;
    void *memory = mmap(NULL, faults * sizeof(int), PROT_READ, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (memory != MAP_FAILED) fault = memory;
}

static int is_ours(const char *path) {
    size_t length = root ? strlen(root) : 0;
    return fault && path && strncmp(path, root, length) == 0 && path[length] == '/';
}

// Asked only while there is a fault: the look costs a system call.
static int writes_ours(int descriptor) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_ours(path) || strcmp(path, root) == 0;
}

static int fails(int which, int delay, int descriptor) {
    if (!fault || (!fault[which] && !fault[delay])) return 0;
    int saved = errno;
    int is_hit = writes_ours(descriptor);
    errno = saved;
    if (!is_hit) return 0;
    struct timespec pause = {fault[delay] / 1000, fault[delay] % 1000 * 1000000L};
    if (fault[delay]) nanosleep(&pause, NULL);
    if (fault[which]) errno = fault[which];
    return fault[which] != 0;
}

static int fails_naming(const char *path) {
    if (!is_ours(path) || !fault[naming]) return 0;
    errno = fault[naming];
    return 1;
}

#define MODE(flags)                              \
    mode_t mode = 0;                             \
    if ((flags) & O_CREAT) {                     \
        va_list arguments;                       \
        va_start(arguments, flags);              \
        mode = (mode_t)va_arg(arguments, int);   \
        va_end(arguments);                       \
    }                                            \
    if (((flags) & O_CREAT) && fails_naming(path)) return -1;

int open(const char *path, int flags, ...) {
    MODE(flags)
    return REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE(flags)
    return REAL(open64)(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
    MODE(flags)
    return REAL(openat)(folder, path, flags, mode);
}

int mkdir(const char *path, mode_t mode) { return fails_naming(path) ? -1 : REAL(mkdir)(path, mode); }

int rename(const char *path, const char *target) { return fails_naming(target) ? -1 : REAL(rename)(path, target); }

ssize_t write(int descriptor, const void *bytes, size_t length) {
    return fails(writing, write_delay, descriptor) ? -1 : REAL(write)(descriptor, bytes, length);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
    return fails(writing, write_delay, descriptor) ? -1 : REAL(pwrite)(descriptor, bytes, length, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t offset) {
    return fails(writing, write_delay, descriptor) ? -1 : REAL(pwrite64)(descriptor, bytes, length, offset);
}

int fsync(int descriptor) { return fails(flushing, flush_delay, descriptor) ? -1 : REAL(fsync)(descriptor); }

int fdatasync(int descriptor) { return fails(flushing, flush_delay, descriptor) ? -1 : REAL(fdatasync)(descriptor); }

int syncfs(int descriptor) { return fails(flushing, flush_delay, descriptor) ? -1 : REAL(syncfs)(descriptor); }
