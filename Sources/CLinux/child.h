// Starts a program as posix_spawn(3) does, with what that cannot do: namespaces of its own, a limit and a system call
// filter that hold from its first instruction.
#ifndef IDP_CLINUX_CHILD_H
#define IDP_CLINUX_CHILD_H

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// Shown by glibc's headers under _GNU_SOURCE only, which Swift's importer does not set.
extern int clone(int (*function)(void *), void *stack, int flags, void *argument, ...);

// CLONE_* of clone(2), which need _GNU_SOURCE too.
enum { idp_clone_vm = 0x00000100, idp_clone_vfork = 0x00004000, idp_clone_newns = 0x00020000,
       idp_clone_newuts = 0x04000000, idp_clone_newipc = 0x08000000, idp_clone_newuser = 0x10000000,
       idp_clone_newpid = 0x20000000, idp_clone_newnet = 0x40000000 };

// The flags with which a child is started that needs no namespaces: what a filter has to let through.
enum { idp_plain_start = 0x00000100 | 0x00004000 | SIGCHLD };

// What is started and how. All pointers are borrowed for the call.
struct idp_start {
    const char *program;            // A path; it is not searched for.
    char *const *arguments;         // Ends in a null pointer, as does the environment.
    char *const *environment;
    const int *descriptors;         // The child's 0, 1, 2 and so on; -1 stands for /dev/null. No others stay open.
    int descriptor_count;           // At most 8.
    int namespaces;                 // idp_clone_new*; 0 for none.
    int new_session;                // Whether it leads a session and process group of its own.
    uint64_t cpu_seconds;           // SIGXCPU comes then, SIGKILL a second later; 0: no limit.
    const void *filter;             // struct sock_filter[filter_count], installed before the program runs.
    unsigned short filter_count;    // 0: none. Needs no_new_privs.
    int failure;                    // Out: errno of the step that failed.
};

// In the child, which shares the parent's memory until exec: async-signal-safe calls only.
static inline int idp_start_child(void *argument) {
    struct idp_start *order = argument;
    struct sigaction plain = {0};
    plain.sa_handler = SIG_DFL;
    for (int number = 1; number < 65; number++) sigaction(number, &plain, NULL);
    if (order->new_session && setsid() < 0) goto failed;
    int copies[8];
    int count = order->descriptor_count;
    for (int i = 0; i < count; i++) {
        // Above all targets first, so that none is overwritten before it has been copied.
        copies[i] = order->descriptors[i] >= 0 ? fcntl(order->descriptors[i], F_DUPFD, count)
                                               : open("/dev/null", i == 0 ? O_RDONLY : O_WRONLY);
        if (order->descriptors[i] < 0 && copies[i] >= 0 && copies[i] < count)
            copies[i] = fcntl(copies[i], F_DUPFD, count);
        if (copies[i] < 0) goto failed;
    }
    for (int i = 0; i < count; i++)
        if (dup2(copies[i], i) < 0) goto failed;
    if (syscall(SYS_close_range, count, ~0U, 0) != 0) {
        struct rlimit limit;
        int end = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536 ? (int)limit.rlim_cur : 65536;
        for (int i = count; i < end; i++) close(i);
    }
    if (order->cpu_seconds > 0) {
        struct rlimit limit = {order->cpu_seconds, order->cpu_seconds + 1};
        if (setrlimit(RLIMIT_CPU, &limit) != 0) goto failed;
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (order->filter_count > 0) {
        struct sock_fprog program = {order->filter_count, (struct sock_filter *)order->filter};
        if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) goto failed;
    }
    execve(order->program, order->arguments, order->environment);
failed:
    order->failure = errno;
    _exit(127);
}

// The child's id, or -1 with the reason in order->failure. The calling thread is held until the child has begun its
// program (CLONE_VFORK), other threads are not.
static inline pid_t idp_start(struct idp_start *order) {
    const size_t size = 64 << 10;
    char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) { order->failure = errno; return -1; }
    // No handler of the parent may run in the child, whose memory is the parent's.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    order->failure = 0;
    pid_t child = clone(idp_start_child, stack + size, idp_plain_start | order->namespaces, order);
    if (child < 0) order->failure = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    munmap(stack, size);
    if (child > 0 && order->failure != 0) {
        int status;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
        return -1;
    }
    return child;
}

// An empty file in memory that can be sealed; close-on-exec. -1 with errno.
static inline int idp_memory_file(const char *name) { return (int)syscall(SYS_memfd_create, name, 3U); }

// Nobody can write to the file, or change its size or these seals, any more (F_ADD_SEALS). 0, or -1 with errno.
static inline int idp_seal(int file) { return fcntl(file, 1033, 0x1 | 0x2 | 0x4 | 0x8); }

// Copies up to `count` bytes from one descriptor's position on to another (sendfile(2)). -1 with errno.
static inline ssize_t idp_copy(int to, int from, size_t count) {
    return (ssize_t)syscall(SYS_sendfile, to, from, NULL, count);
}

// Bare forms of calls whose wrappers do more than call: fork(2), a thread's clone(2), any other by its number. -1 with
// errno; a copy that is made after all ends at once.
static inline pid_t idp_fork(void) {
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    return child;
}
static inline int idp_thread_body(void *unused) { (void)unused; return 0; }
static inline int idp_thread(void) {
    char *stack = mmap(NULL, 64 << 10, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED) return -1;
    // CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM.
    return clone(idp_thread_body, stack + (64 << 10), 0x00050f00, NULL);
}
static inline long idp_call(long number, long first, long second) {
    return syscall(number, first, second, 0L, 0L, 0L, 0L);
}
enum { idp_call_ptrace = SYS_ptrace };

// Processor nanoseconds that a child has used so far; -1 once it is gone.
static inline int64_t idp_child_nanoseconds(pid_t child) {
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid(child, &clock) != 0 || clock_gettime(clock, &used) != 0) return -1;
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

#endif
