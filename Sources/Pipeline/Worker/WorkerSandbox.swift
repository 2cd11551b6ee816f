internal import CLinux
internal import Foundation

/// Which walls stand around a worker; what the kernel refused is false.
public struct SandboxReport: Sendable, Codable, Hashable {
    /// Address space, processor time, file size, descriptors, no core files.
    public var limits: Bool
    /// PR_SET_NO_NEW_PRIVS: no set-user-id program can raise it.
    public var noNewPrivileges: Bool
    /// It dies with its parent.
    public var diesWithParent: Bool
    /// A network namespace of its own, in which not even loopback is up.
    public var noNetwork: Bool
    /// PR_SET_DUMPABLE off: no core and no tracing by others of the same user.
    public var notDumpable: Bool

    /// The walls by name, for a metric's label and the log.
    public var walls: [(name: String, holds: Bool)] {
        [
            ("limits", limits), ("no_new_privileges", noNewPrivileges), ("dies_with_parent", diesWithParent),
            ("no_network", noNetwork), ("not_dumpable", notDumpable),
        ]
    }
}

/// Puts the calling process behind its walls. Called once, before any byte of a document is read and while the
/// process has one thread (unshare(2) of a user namespace asks for that).
enum WorkerSandbox {
    /// Raises every wall that the kernel allows.
    static func enter(_ configuration: WorkerConfiguration) -> SandboxReport {
        // The order counts: entering a user namespace changes credentials, which clears the parent-death signal.
        let network = leaveNetwork()
        return SandboxReport(
            limits: setLimits(configuration),
            noNewPrivileges: idp_prctl(PR_SET_NO_NEW_PRIVS, 1) == 0,
            diesWithParent: dieWithParent(),
            noNetwork: network,
            notDumpable: idp_prctl(PR_SET_DUMPABLE, 0) == 0)
    }

    /// SIGTERM, not SIGKILL: the handler takes the tools along that the worker has started, which would outlive it
    /// otherwise (the setting is not inherited). The worker leads its process group, so `kill(0)` means just these.
    private static func dieWithParent() -> Bool {
        signal(SIGTERM) { _ in kill(0, SIGKILL) }
        return idp_prctl(PR_SET_PDEATHSIG, UInt(SIGTERM)) == 0
    }

    /// As root a network namespace alone will do; otherwise it takes a user namespace around it.
    private static func leaveNetwork() -> Bool {
        idp_unshare(Int32(idp_clone_newnet)) == 0
            || idp_unshare(Int32(idp_clone_newuser | idp_clone_newnet)) == 0
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
        ]
        return memory && rest.allSatisfy(\.self)
    }

    /// Gives the worker `seconds` more of processor time from now; the kernel ends it (SIGXCPU) when they are used up.
    /// The limit counts from the process's start, so it is moved along with each operation.
    static func grantCPU(seconds: Int) {
        _ = idp_set_limit(0, Int32(idp_rlimit_cpu), idp_cpu_seconds() + UInt64(seconds), UInt64.max)
    }
}
