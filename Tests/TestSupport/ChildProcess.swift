import Foundation
public import Glibc
import Synchronization

/// How a program ended.
public enum ExitStatus: Sendable, Hashable {
    /// It exited with this code.
    case exited(Int32)
    /// This signal ended it.
    case signalled(Int32)

    init(waitStatus: Int32) {
        // The macros of wait(2), which Swift does not import.
        let signal = waitStatus & 0x7f
        self = signal == 0 ? .exited((waitStatus >> 8) & 0xff) : .signalled(signal)
    }
}

/// A started program, with its output collected as it comes.
///
/// It gets a process group of its own, so that `killGroup` ends what it started too; it inherits no descriptor but
/// the standard ones. Its end is reaped by a thread that waits for nothing else. Dropping the last reference kills it.
public final class ChildProcess: Sendable {
    /// The process id, which stays reserved until the exit status was collected.
    public let pid: pid_t
    private let state: SharedState
    private static let spawning = NSLock()
    private static let groups = Mutex<[pid_t]>([])
    private static let registration: Void = {
        atexit { ChildProcess.groups.withLock { for group in $0 { kill(-group, SIGKILL) } } }
    }()

    /// What the collecting threads write: it outlives the object while they end.
    private final class SharedState: Sendable {
        let output = Mutex<(stdout: [UInt8], stderr: [UInt8], openStreams: Int)>(([], [], 2))
        let status = Mutex<ExitStatus?>(nil)
    }

    /// Starts a program. `environment` is the whole of it; `program` is a path, or a name looked up in PATH.
    /// Throws `SystemCallFailed`.
    public init(
        _ program: String, _ arguments: [String] = [], environment: [String: String] = ChildProcess.plainEnvironment,
        directory: String? = nil, standardInput: [UInt8]? = nil
    ) throws {
        // From the making of the pipes to the spawn no other child may start: it would inherit their ends.
        Self.spawning.lock()
        defer { Self.spawning.unlock() }
        let stdout = try Self.makePipe()
        let stderr = try Self.makePipe()
        let input = try Self.openInput(standardInput)
        defer { for descriptor in [stdout.write, stderr.write, input] { close(descriptor) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_adddup2(&actions, stdout.write, 1)
        posix_spawn_file_actions_adddup2(&actions, stderr.write, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigfillset(&defaults)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        // posix_spawn's own change of folder is a GNU extension, which Swift does not import; env(1) execs, so the pid
        // is the program's.
        let command = (directory.map { ["env", "-C", $0] } ?? []) + [program] + arguments
        let argv = command.map { strdup($0) } + [nil]
        let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, command[0], &actions, &attributes, argv, envp)
        guard code == 0 else {
            close(stdout.read)
            close(stderr.read)
            throw SystemCallFailed("posix_spawn of \(program)", code: code)
        }
        self.pid = pid
        state = SharedState()
        Self.killAtExit(pid)
        Self.collect(stdout.read, into: state) { $0.stdout += $1 }
        Self.collect(stderr.read, into: state) { $0.stderr += $1 }
        Self.reap(pid, into: state)
    }

    deinit {
        if exitStatus == nil { kill(-pid, SIGKILL) }
    }

    /// PATH, HOME, the language and the folder for temporary files of this process, and nothing else: a setting in
    /// the environment of whoever runs the tests must not reach the program under test.
    public static var plainEnvironment: [String: String] {
        let kept = ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "TESSDATA_PREFIX"]
        return ProcessInfo.processInfo.environment.filter { kept.contains($0.key) }
    }

    /// What it has written to its standard output so far.
    public var standardOutput: String { state.output.withLock { String(decoding: $0.stdout, as: UTF8.self) } }

    /// What it has written to its standard error so far.
    public var standardError: String { state.output.withLock { String(decoding: $0.stderr, as: UTF8.self) } }

    /// The whole lines of both streams so far, standard output first.
    public var lines: [String] {
        let both = state.output.withLock { [$0.stdout, $0.stderr] }
        return both.flatMap { bytes in
            String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }

    /// How it ended; nil while it runs.
    public var exitStatus: ExitStatus? { state.status.withLock { $0 } }

    /// Sends a signal to the program, not to what it started. Nothing happens once it has ended.
    public func signal(_ number: Int32) {
        state.status.withLock { status in
            if status == nil { _ = kill(pid, number) }
        }
    }

    /// Kills the program and everything in its process group.
    public func killGroup() { kill(-pid, SIGKILL) }

    /// Waits for its end, and for the last of its output unless a program that it started holds the streams open.
    public func waitForExit(within limit: Duration = .seconds(120)) async throws -> ExitStatus {
        let status = try await eventually("exit of process \(pid)", within: limit) { self.exitStatus }
        try? await eventually("end of the output of process \(pid)", within: .seconds(1)) {
            self.state.output.withLock { $0.openStreams == 0 }
        }
        return status
    }

    private static func collect(
        _ descriptor: Int32, into state: SharedState,
        _ append: @escaping @Sendable (inout (stdout: [UInt8], stderr: [UInt8], openStreams: Int), ArraySlice<UInt8>)
            -> Void
    ) {
        Thread.detachNewThread {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0 && errno == EINTR { continue }
                if count <= 0 { break }
                state.output.withLock { append(&$0, buffer[..<count]) }
            }
            close(descriptor)
            state.output.withLock { $0.openStreams -= 1 }
        }
    }

    private static func reap(_ pid: pid_t, into state: SharedState) {
        Thread.detachNewThread {
            // First without reaping: the pid must stay ours until `status` says that it is gone, or a signal could
            // reach a stranger.
            var info = siginfo_t()
            while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
            state.status.withLock { status in
                var waitStatus: Int32 = 0
                while waitpid(pid, &waitStatus, 0) < 0 && errno == EINTR {}
                status = ExitStatus(waitStatus: waitStatus)
            }
            groups.withLock { $0.removeAll { $0 == pid } }
        }
    }

    /// Children that are still there when this process exits (of servers that suites share, say) are killed then.
    private static func killAtExit(_ pid: pid_t) {
        _ = registration
        groups.withLock { $0.append(pid) }
    }

    private static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw SystemCallFailed("pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// A descriptor that reads the given bytes (through an unlinked file, so that no writer is needed), or nothing.
    private static func openInput(_ bytes: [UInt8]?) throws -> Int32 {
        guard let bytes, !bytes.isEmpty else { return open("/dev/null", O_RDONLY | O_CLOEXEC) }
        var name = Array((NSTemporaryDirectory() + "/idp-stdin-XXXXXX").utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else { throw SystemCallFailed("mkstemp") }
        unlink(&name)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw SystemCallFailed("write") }
            written += count
        }
        lseek(descriptor, 0, SEEK_SET)
        return descriptor
    }
}
