// Landlock (landlock(7)): a process gives up its access to files. The system calls have no wrappers, and Debian 12's
// headers know less of it than newer kernels do, so numbers stand here as in the kernel's uapi/linux/landlock.h.
#ifndef IDP_CLINUX_LANDLOCK_H
#define IDP_CLINUX_LANDLOCK_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { idp_landlock_execute = 1, idp_landlock_write_file = 2, idp_landlock_read_file = 4, idp_landlock_read_dir = 8 };

// The version that the kernel has; 0 or less when it has none.
static inline int idp_landlock_version(void) { return (int)syscall(444, NULL, 0, 1U); }

// A rule set that takes away all access to files that this version knows, TCP, signals to and abstract sockets of
// processes outside. A descriptor, or -1 with errno.
static inline int idp_landlock_create(int version) {
    uint64_t set[3] = {0x1fff, 0, 0};           // Execute to make-symlink: version 1.
    if (version >= 2) set[0] |= 0x2000;         // Moving between folders.
    if (version >= 3) set[0] |= 0x4000;         // Truncating.
    if (version >= 5) set[0] |= 0x8000;         // ioctl on devices.
    if (version >= 4) set[1] = 0x3;             // TCP bind and connect.
    if (version >= 6) set[2] = 0x3;             // Abstract sockets and signals.
    size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
    return (int)syscall(444, set, size, 0U);
}

// Leaves `access` to what is beneath a path, or to that file. 0, or -1 with errno (ENOENT: there is no such path).
static inline int idp_landlock_allow(int rules, const char *path, uint64_t access) {
    int place = open(path, 010000000 | O_CLOEXEC);  // O_PATH, which needs _GNU_SOURCE.
    if (place < 0) return -1;
    struct { uint64_t access; int32_t place; } __attribute__((packed)) rule = {access, place};
    int result = (int)syscall(445, rules, 1, &rule, 0U);
    close(place);
    return result;
}

// From now on the caller and its children live by the rules. Needs no_new_privs. 0, or -1 with errno.
static inline int idp_landlock_enter(int rules) { return (int)syscall(446, rules, 0U); }

#endif
