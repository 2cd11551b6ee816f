internal import CLinux
internal import CSeccomp
internal import Foundation

/// The system calls that are left to a worker and its tools (seccomp(2), through libseccomp).
///
/// DESIGN. A list of what is allowed, not of what is not: it was drawn from traces of the worker and of every tool over
/// all formats, and widened by what their libraries may need on other kernels. Everything else fails with EPERM and the
/// caller goes on, so a library that tries something and has another way takes it; `clone3` fails with ENOSYS, because
/// glibc takes only that for a reason to use `clone`, whose flags a filter can see. Of `clone` just the form is left
/// that starts a program: no threads, no copies of the worker.
///
/// A filter cannot look at paths: which programs may start and which files be read is `FileWall`'s.
enum SystemCallFilter {
    /// What may be called, by name; `clone` comes on top, in one form.
    static let allowed = [
        // Memory.
        "mmap", "mprotect", "munmap", "mremap", "madvise", "brk", "membarrier",
        // Files and pipes that are open, and opening.
        "read", "readv", "pread64", "preadv", "write", "writev", "pwrite64", "close", "close_range", "lseek",
        "open", "openat", "access", "faccessat", "faccessat2", "stat", "lstat", "fstat", "newfstatat", "statx",
        "statfs", "fstatfs", "readlink", "readlinkat", "getdents64", "getcwd", "fadvise64", "dup", "dup2", "dup3",
        "fcntl", "pipe", "pipe2", "poll", "ppoll", "select", "pselect6",
        // The control socket, which is open already.
        "recvmsg", "sendmsg",
        // Signals, clocks and the end.
        "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "clock_gettime", "clock_getres",
        "clock_nanosleep", "nanosleep", "gettimeofday", "time", "times", "getrusage", "restart_syscall", "exit",
        "exit_group",
        // Threads' bookkeeping.
        "futex", "set_tid_address", "set_robust_list", "get_robust_list", "rseq", "arch_prctl", "sched_yield",
        "sched_getaffinity", "getcpu", "gettid",
        // Who and where.
        "getpid", "getppid", "getpgrp", "getpgid", "getsid", "getuid", "geteuid", "getgid", "getegid", "uname",
        "sysinfo", "getrandom", "getrlimit", "setrlimit", "prlimit64",
        // Tools: started, ended, waited for, behind a filter of their own. Whom a signal can reach is said by the
        // process namespace, and by Landlock where it knows signals.
        "execve", "wait4", "waitid", "kill", "tgkill", "seccomp",
    ]

    /// Puts the calling thread and what it starts behind the filter; it must have given up new privileges.
    ///
    /// - Returns: whether the kernel took it.
    static func enter() -> Bool {
        guard let filter = seccomp_init(idp_seccomp_refuse(UInt16(EPERM))) else { return false }
        defer { seccomp_release(filter) }
        for name in allowed where idp_seccomp_add(filter, idp_seccomp_allow, name) != 0 { return false }
        guard idp_seccomp_add_first(filter, idp_seccomp_allow, "clone", UInt64(idp_plain_start)) == 0,
            idp_seccomp_add(filter, idp_seccomp_refuse(UInt16(ENOSYS)), "clone3") == 0
        else { return false }
        // A tree instead of a chain of comparisons, and no slow-down against speculation on kernels before 5.16, which
        // would cost recognition more than it protects: one document is in the process at a time.
        _ = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2)
        _ = seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1)
        return seccomp_load(filter) == 0
    }

    /// The filter of a tool, on top of the worker's: it starts no process at all.
    ///
    /// - Returns: its program, to be installed when the tool is started; empty if libseccomp cannot make it.
    static func ofTools() -> [sock_filter] {
        guard let filter = seccomp_init(idp_seccomp_allow) else { return [] }
        defer { seccomp_release(filter) }
        for name in ["clone", "clone3", "fork", "vfork"]
        where idp_seccomp_add(filter, idp_seccomp_refuse(UInt16(EPERM)), name) != 0 { return [] }
        let file = idp_memory_file("filter")
        guard file >= 0 else { return [] }
        defer { close(file) }
        guard seccomp_export_bpf(filter, file) == 0 else { return [] }
        let size = Int(lseek(file, 0, SEEK_END))
        let count = size / MemoryLayout<sock_filter>.stride
        return [sock_filter](unsafeUninitializedCapacity: count) { buffer, made in
            made = pread(file, buffer.baseAddress, size, 0) == size ? count : 0
        }
    }
}
