/// Which measures hold around a worker; what the kernel refused is false. What can be tried out has been: the worker
/// attempts the forbidden thing once and reports that it failed.
public struct SandboxReport: Sendable, Codable, Hashable {
    /// Address space, file size, descriptors, no core files (setrlimit(2)); processor time follows with each operation.
    public var limits = false
    /// PR_SET_NO_NEW_PRIVS: no set-user-id program can raise it.
    public var noNewPrivileges = false
    /// No capability is left, whoever started the server.
    public var noCapabilities = false
    /// It dies with its parent.
    public var diesWithParent = false
    /// PR_SET_DUMPABLE off: no core and no tracing by others of the same user.
    public var notDumpable = false
    /// Landlock: reads programs, models and fonts, writes nothing, and starts only the tools that it needs.
    public var files = false
    /// Seccomp: only the system calls that reading a document takes; no socket, no tracing, no mount, no keys.
    public var systemCalls = false
    /// A user namespace of its own, in which it is nobody.
    public var ownUser = false
    /// A network namespace of its own, in which not even loopback is up.
    public var noNetwork = false
    /// A process namespace of its own: it cannot name, and so not signal, any process but its tools; they die with it.
    public var ownProcesses = false
    /// A mount namespace of its own.
    public var ownMounts = false
    /// Namespaces of its own for System V and POSIX message queues and for the host's name.
    public var ownIPC = false

    /// The measures by name, for a metric's label and the log.
    public var measures: [(name: String, holds: Bool)] {
        [
            ("limits", limits), ("no_new_privileges", noNewPrivileges), ("no_capabilities", noCapabilities),
            ("dies_with_parent", diesWithParent), ("not_dumpable", notDumpable), ("files", files),
            ("system_calls", systemCalls), ("own_user", ownUser), ("no_network", noNetwork),
            ("own_processes", ownProcesses), ("own_mounts", ownMounts), ("own_ipc", ownIPC),
        ]
    }
}
