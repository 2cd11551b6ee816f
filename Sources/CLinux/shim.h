// What Linux offers only as variadic functions, macros or bare system calls: Swift cannot call those by itself.
#ifndef IDP_CLINUX_SHIM_H
#define IDP_CLINUX_SHIM_H

#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

// prctl(2) is variadic. Returns 0, or -1 with errno.
static inline int idp_prctl(int option, unsigned long value) { return prctl(option, value, 0UL, 0UL, 0UL); }

// pidfd_open(2): a descriptor that becomes readable when the process ends. -1 with errno.
static inline int idp_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0U); }

// Gives up every capability, for good: the bounding set (PR_CAPBSET_DROP) as far as that is allowed, and the own sets
// (capset(2), version 3). 0, or -1 with errno.
static inline int idp_drop_capabilities(void) {
    for (unsigned long capability = 0; capability < 64; capability++) prctl(PR_CAPBSET_DROP, capability, 0UL, 0UL, 0UL);
    struct { uint32_t version; int pid; } head = {0x20080522, 0};
    struct { uint32_t effective, permitted, inheritable; } none[2] = {{0, 0, 0}, {0, 0, 0}};
    return (int)syscall(SYS_capset, &head, none);
}

// RLIMIT_* as plain numbers: glibc makes them an enumeration that imports badly.
enum { idp_rlimit_cpu = RLIMIT_CPU, idp_rlimit_fsize = RLIMIT_FSIZE, idp_rlimit_core = RLIMIT_CORE,
       idp_rlimit_nofile = RLIMIT_NOFILE, idp_rlimit_as = RLIMIT_AS, idp_rlimit_nproc = RLIMIT_NPROC };

// prlimit(2), which needs _GNU_SOURCE; pid 0 is the caller. UINT64_MAX is no limit. 0, or -1 with errno.
static inline int idp_set_limit(pid_t pid, int resource, uint64_t soft, uint64_t hard) {
    uint64_t limit[2] = {soft, hard};
    return (int)syscall(SYS_prlimit64, pid, resource, limit, NULL);
}

// sendmsg(2) with one descriptor in an SCM_RIGHTS control message (cmsg(3) is macros); -1 sends none.
static inline ssize_t idp_send(int socket, const void *bytes, size_t count, int descriptor) {
    struct iovec part = {(void *)bytes, count};
    union { char bytes[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control;
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (descriptor >= 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(head), &descriptor, sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

// recvmsg(2); a descriptor that came along is stored in *descriptor (close-on-exec), which is otherwise left alone.
// At most one is taken; the kernel closes what does not fit into the control buffer.
static inline ssize_t idp_receive(int socket, void *bytes, size_t count, int *descriptor) {
    struct iovec part = {bytes, count};
    union { char bytes[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control;
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (received < 0) return received;
    for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head != NULL; head = CMSG_NXTHDR(&message, head))
        if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS) {
            int arrived;
            memcpy(&arrived, CMSG_DATA(head), sizeof(int));
            if (*descriptor >= 0) close(*descriptor);
            *descriptor = arrived;
        }
    return received;
}

// glibc functions that its headers show under _GNU_SOURCE only, which Swift's importer does not set.
extern int malloc_trim(size_t padding);
extern void *memmem(const void *haystack, size_t length, const void *needle, size_t needle_length);

// pipe2(2) with O_CLOEXEC. 0, or -1 with errno.
static inline int idp_pipe(int ends[2]) { return (int)syscall(SYS_pipe2, ends, 02000000); }

// eventfd(2), close-on-exec and non-blocking. -1 with errno.
static inline int idp_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// Processor seconds that the caller has used, rounded up.
static inline uint64_t idp_cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + 1;
}

// Blocks until a child has ended and leaves it as a zombie, its number still its own (waitid(2), WNOWAIT).
static inline void idp_wait_exited(pid_t pid) {
    siginfo_t unused;
    while (waitid(P_PID, (id_t)pid, &unused, WEXITED | WNOWAIT) < 0 && errno == EINTR) {}
}

// wait(2) status macros.
static inline int idp_exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
static inline int idp_exit_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }

// Bytes that malloc(3) holds and nobody uses.
static inline size_t idp_free_heap(void) { return mallinfo2().fordblks; }

#endif
