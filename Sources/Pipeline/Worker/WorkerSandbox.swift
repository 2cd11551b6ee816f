internal import CLinux
internal import Foundation

/// Puts the calling process behind its walls. Called once, before any byte of a document is read and while the process
/// has one thread: filters and Landlock hold for a thread and what it starts.
///
/// Each measure stands on its own, for kernels and containers differ in what they allow: namespaces keep the worker
/// from seeing anything, Landlock from files, seccomp from system calls, limits from taking too much.
enum WorkerSandbox {
    /// With this a worker exits whose processor time is used up. The first process of a process namespace does not die
    /// of SIGXCPU by itself (pid_namespaces(7)).
    static let outOfTimeCode: Int32 = 152

    /// Raises every wall that the kernel allows; the namespaces are there already.
    static func enter(_ configuration: WorkerConfiguration, tools: [String]) -> SandboxReport {
        var report = SandboxReport()
        // The order counts: a change of credentials clears the parent-death signal, and both of the last two need
        // no_new_privs, the very last also the system calls that the others take.
        report.noCapabilities = idp_drop_capabilities() == 0
        report.limits = setLimits(configuration)
        report.noNewPrivileges = idp_prctl(PR_SET_NO_NEW_PRIVS, 1) == 0
        report.diesWithParent = dieWithParent()
        report.notDumpable = idp_prctl(PR_SET_DUMPABLE, 0) == 0
        report.files = FileWall.enter(configuration, tools: tools) && isRefused { open("/", O_RDONLY | O_DIRECTORY) }
        report.systemCalls =
            SystemCallFilter.enter() && isRefused { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) }
        return report
    }

    /// Tries something that yields a descriptor when it works; whether it failed as it should.
    private static func isRefused(_ attempt: () -> Int32) -> Bool {
        let descriptor = attempt()
        guard descriptor >= 0 else { return errno == EPERM || errno == EACCES }
        close(descriptor)
        return false
    }

    /// SIGTERM, not SIGKILL: without a process namespace the handler takes the tools along that the worker has started,
    /// which would outlive it otherwise. The worker leads its process group, so `kill(0)` means just these. The first
    /// process of a namespace survives its own SIGKILL, so it exits as well.
    private static func dieWithParent() -> Bool {
        signal(SIGTERM) { _ in
            kill(0, SIGKILL)
            _exit(128 + SIGTERM)
        }
        signal(SIGXCPU) { _ in _exit(WorkerSandbox.outOfTimeCode) }
        return idp_prctl(PR_SET_PDEATHSIG, UInt(SIGTERM)) == 0
    }

    private static func setLimits(_ configuration: WorkerConfiguration) -> Bool {
        func limit(_ resource: Int, _ value: Int) -> Bool {
            idp_set_limit(0, Int32(resource), UInt64(value), UInt64(value)) == 0
        }
        let memory =
            configuration.memoryLimitBytes == 0
            || limit(Int(idp_rlimit_as), configuration.memoryLimitBytes)
        let rest = [
            limit(Int(idp_rlimit_fsize), configuration.fileLimitBytes),
            limit(Int(idp_rlimit_nofile), configuration.descriptorLimit),
            limit(Int(idp_rlimit_core), 0),
            configuration.processLimit == 0 || limit(Int(idp_rlimit_nproc), configuration.processLimit),
        ]
        return memory && rest.allSatisfy(\.self)
    }

    /// Gives the worker `seconds` more of processor time from now; SIGXCPU ends it when they are used up. The limit
    /// counts from the process's start, so it is moved along with each operation.
    static func grantCPU(seconds: Int) {
        _ = idp_set_limit(0, Int32(idp_rlimit_cpu), idp_cpu_seconds() + UInt64(seconds), UInt64.max)
    }
}
