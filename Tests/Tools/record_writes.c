// Writes down what a program does to the files below a folder, in order: preloaded, it appends a record to RECORD_FILE
// after each call that changes a file or a folder below RECORD_ROOT, and around each flush. power_loss.py makes the
// disks of it that a power cut could have left.
//
// A record: its kind, then numbers and bytes (see `put`). One write(2) each, so that another process may append its own.
// Written down after the call: a flush covers what was done before it began, and who flushed had seen his calls end.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { descriptors_max = 65536, path_max = 4096 };

static int record = -1;
static const char *root;
static size_t root_length;
// The inode that a descriptor writes to; 0 where it is none of ours.
static uint64_t inodes[descriptors_max];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("RECORD_FILE");
    root = getenv("RECORD_ROOT");
    if (!path || !root) return;
    root_length = strlen(root);
    record = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_ours(const char *path) {
    return record >= 0 && path && strncmp(path, root, root_length) == 0 && path[root_length] == '/';
}

static uint64_t inode_of(int descriptor) {
    return record >= 0 && descriptor >= 0 && descriptor < descriptors_max ? inodes[descriptor] : 0;
}

// kind (1 byte), two numbers of 8, length of the bytes (4), the bytes. Keeps errno.
static void put(char kind, uint64_t first, uint64_t second, const void *bytes, uint32_t length) {
    int saved = errno;
    char *line = malloc(21 + length);
    if (!line) abort();
    line[0] = kind;
    memcpy(line + 1, &first, 8);
    memcpy(line + 9, &second, 8);
    memcpy(line + 17, &length, 4);
    if (length) memcpy(line + 21, bytes, length);
    pthread_mutex_lock(&lock);
    if (syscall(SYS_write, record, line, 21 + (size_t)length) != (long)length + 21) abort();
    pthread_mutex_unlock(&lock);
    free(line);
    errno = saved;
}

static void put_path(char kind, uint64_t first, uint64_t second, const char *path) {
    if (is_ours(path)) put(kind, first, second, path + root_length + 1, (uint32_t)(strlen(path) - root_length - 1));
}

// The path with that of the folder that it starts in.
static const char *whole(int folder, const char *path, char buffer[2 * path_max]) {
    if (record < 0 || !path || path[0] == '/' || folder == AT_FDCWD) return path;
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t length = readlink(link, buffer, path_max - 1);
    if (length < 0 || strlen(path) >= path_max) return path;
    buffer[length] = '/';
    strcpy(buffer + length + 1, path);
    return buffer;
}

static int opened(const char *path, int flags, int descriptor) {
    if (descriptor < 0 || descriptor >= descriptors_max || !is_ours(path)) return descriptor;
    struct stat info;
    if (fstat(descriptor, &info) != 0) return descriptor;
    if ((flags & O_ACCMODE) != O_RDONLY || S_ISDIR(info.st_mode)) inodes[descriptor] = info.st_ino;
    if (flags & (O_CREAT | O_TRUNC)) put_path('o', info.st_ino, (flags & O_TRUNC) != 0, path);
    return descriptor;
}

#define MODE(flags, last)                        \
    mode_t mode = 0;                             \
    if ((flags) & O_CREAT) {                     \
        va_list arguments;                       \
        va_start(arguments, last);               \
        mode = (mode_t)va_arg(arguments, int);   \
        va_end(arguments);                       \
    }

int open(const char *path, int flags, ...) {
    MODE(flags, flags)
    return opened(path, flags, REAL(open)(path, flags, mode));
}

int open64(const char *path, int flags, ...) {
    MODE(flags, flags)
    return opened(path, flags, REAL(open64)(path, flags, mode));
}

int openat(int folder, const char *path, int flags, ...) {
    MODE(flags, flags)
    int descriptor = REAL(openat)(folder, path, flags, mode);
    char buffer[2 * path_max];
    return opened(whole(folder, path, buffer), flags, descriptor);
}

int close(int descriptor) {
    if (record >= 0 && descriptor == record) return 0;
    if (descriptor >= 0 && descriptor < descriptors_max) inodes[descriptor] = 0;
    return REAL(close)(descriptor);
}

static void put_written(int descriptor, const void *bytes, ssize_t count, off64_t offset) {
    uint64_t inode = inode_of(descriptor);
    if (inode && count > 0) put('w', inode, (uint64_t)offset, bytes, (uint32_t)count);
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
    ssize_t count = REAL(write)(descriptor, bytes, length);
    if (inode_of(descriptor)) put_written(descriptor, bytes, count, lseek(descriptor, 0, SEEK_CUR) - count);
    return count;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
    ssize_t count = REAL(pwrite)(descriptor, bytes, length, offset);
    put_written(descriptor, bytes, count, offset);
    return count;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t offset) {
    ssize_t count = REAL(pwrite64)(descriptor, bytes, length, offset);
    put_written(descriptor, bytes, count, offset);
    return count;
}

static int truncated(int descriptor, off64_t length, int result) {
    uint64_t inode = inode_of(descriptor);
    if (result == 0 && inode) put('t', inode, (uint64_t)length, NULL, 0);
    return result;
}

int ftruncate(int descriptor, off_t length) { return truncated(descriptor, length, REAL(ftruncate)(descriptor, length)); }

int ftruncate64(int descriptor, off64_t length) {
    return truncated(descriptor, length, REAL(ftruncate64)(descriptor, length));
}

int rename(const char *path, const char *target) {
    int result = REAL(rename)(path, target);
    if (result == 0 && is_ours(path) && is_ours(target)) {
        char both[2 * path_max];
        size_t first = strlen(path) - root_length - 1, second = strlen(target) - root_length - 1;
        if (first + second + 1 > sizeof both) abort();
        memcpy(both, path + root_length + 1, first);
        both[first] = 0;
        memcpy(both + first + 1, target + root_length + 1, second);
        put('r', 0, 0, both, (uint32_t)(first + 1 + second));
    }
    return result;
}

int unlink(const char *path) {
    int result = REAL(unlink)(path);
    if (result == 0) put_path('u', 0, 0, path);
    return result;
}

int mkdir(const char *path, mode_t mode) {
    int result = REAL(mkdir)(path, mode);
    if (result == 0) put_path('m', 0, 0, path);
    return result;
}

int mkdirat(int folder, const char *path, mode_t mode) {
    int result = REAL(mkdirat)(folder, path, mode);
    char buffer[2 * path_max];
    if (result == 0) put_path('m', 0, 0, whole(folder, path, buffer));
    return result;
}

int rmdir(const char *path) {
    int result = REAL(rmdir)(path);
    if (result == 0) put_path('d', 0, 0, path);
    return result;
}

// A flush has two records with the same number: all that stands before the first is on the disk at the second.
static int flushed(int (*real)(int), int descriptor, int is_all) {
    static _Atomic uint64_t flushes;
    uint64_t inode = inode_of(descriptor);
    if (!inode) return real(descriptor);
    uint64_t number = ++flushes;
    put('b', number, is_all ? 0 : inode, NULL, 0);
    int result = real(descriptor);
    if (result == 0) put('e', number, is_all ? 0 : inode, NULL, 0);
    return result;
}

int fsync(int descriptor) { return flushed(REAL(fsync), descriptor, 0); }

int fdatasync(int descriptor) { return flushed(REAL(fdatasync), descriptor, 0); }

int syncfs(int descriptor) { return flushed(REAL(syncfs), descriptor, 1); }
