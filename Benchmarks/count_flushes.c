// Counts a program's flushes: preloaded, it adds one for each fsync, fdatasync, syncfs and sync_file_range to the number
// in the file that FLUSHES_FILE names, where the benchmark reads it. Children that are started with an environment of
// their own are not counted.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static atomic_long *counter;

__attribute__((constructor)) static void share_counter(void) {
    const char *path = getenv("FLUSHES_FILE");
    int descriptor = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (descriptor < 0 || ftruncate(descriptor, sizeof(long)) != 0) return;
    void *memory = mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (memory != MAP_FAILED) counter = memory;
}

static int counted(const char *name, int descriptor) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    if (counter) atomic_fetch_add(counter, 1);
    return real(descriptor);
}

int fsync(int descriptor) { return counted("fsync", descriptor); }

int fdatasync(int descriptor) { return counted("fdatasync", descriptor); }

int syncfs(int descriptor) { return counted("syncfs", descriptor); }

int sync_file_range(int descriptor, off64_t offset, off64_t count, unsigned flags) {
    int (*real)(int, off64_t, off64_t, unsigned) = dlsym(RTLD_NEXT, "sync_file_range");
    if (counter) atomic_fetch_add(counter, 1);
    return real(descriptor, offset, count, flags);
}
