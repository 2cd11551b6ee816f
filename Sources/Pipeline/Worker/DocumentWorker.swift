internal import CLinux
internal import Foundation
internal import Observability

/// One worker as its parent sees it: a child and the channel to it. Used by one operation at a time; `kill` may come
/// from any thread.
final class DocumentWorker: Sendable {
    let child: Child
    private let channel: FrameChannel
    private let scratchFolder: String

    /// How a worker is started.
    struct Launch: Sendable {
        /// The program, which must be this one: the other side of the protocol.
        var executable: String
        var configuration: WorkerConfiguration
        /// The environment of the child, whole.
        var environment: [String: String]
        /// Where its scratch folder is made.
        var temporaryFolder: String
    }

    /// Starts a child and sends it its configuration; its answer is the first reply that comes back (`welcome`).
    ///
    /// - Throws: `ChildFailure`.
    init(
        _ launch: Launch, keeper: ChildKeeper, atEnd: @escaping @Sendable (Child) -> Void
    ) throws(ChildFailure) {
        guard let folder = try? ScratchFolder.make(under: launch.temporaryFolder) else {
            throw ChildFailure(call: "mkdir", number: errno)
        }
        do throws(ChildFailure) {
            var ends: [Int32] = [-1, -1]
            let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
            guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
                throw ChildFailure(call: "socketpair", number: errno)
            }
            let theirs = ends[1]
            defer { close(theirs) }
            channel = FrameChannel(owning: ends[0])
            child = try keeper.start({ () throws(ChildFailure) in try Self.spawn(launch, control: theirs) }) { child in
                ScratchFolder.remove(folder)
                atEnd(child)
            }
        } catch {
            ScratchFolder.remove(folder)
            throw error
        }
        scratchFolder = folder
        var configuration = launch.configuration
        configuration.scratchFolder = folder
        // A child that is gone already shows at the first reply.
        if let frame = try? JSONEncoder().encode(WorkerRequest.configure(configuration)) {
            try? channel.send(frame, by: .after(.seconds(1)))
        }
    }

    /// Waits for the reply to the configuration: the walls that stand.
    func welcome(by deadline: Deadline) throws(FrameChannel.Failure) -> SandboxReport {
        guard case .ready(let report) = try receive(by: deadline) else { throw .garbage("no ready") }
        return report
    }

    /// Asks for an operation on the document and waits for the reply.
    func ask(
        _ request: WorkerRequest, document: Int32, by deadline: Deadline
    ) throws(FrameChannel.Failure) -> WorkerReply {
        guard let frame = try? JSONEncoder().encode(request) else { throw .garbage("a request that is no JSON") }
        try channel.send(frame, descriptor: document, by: deadline)
        return try receive(by: deadline)
    }

    /// Ends the child and all that it has started, at once. An `ask` that waits fails with `closed`.
    func kill() { child.kill() }

    private func receive(by deadline: Deadline) throws(FrameChannel.Failure) -> WorkerReply {
        let (frame, stray) = try channel.receive(by: deadline)
        if let stray { close(stray) }
        guard let reply = try? JSONDecoder().decode(WorkerReply.self, from: frame) else {
            throw .garbage("a reply that is no JSON of ours")
        }
        return reply
    }

    private static func spawn(_ launch: Launch, control: Int32) throws(ChildFailure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let target = DocumentWorkerProcess.controlDescriptor
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        // Whatever a library has to say goes nowhere: it may quote the document. What matters comes as a reply.
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        // Also right when the two numbers are the same: dup2 then takes close-on-exec off (posix_spawn(3)).
        posix_spawn_file_actions_adddup2(&actions, control, target)
        posix_spawn_file_actions_addclosefrom_np(&actions, target + 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes, Int16(Int(idp_spawn_setsid) | Int(POSIX_SPAWN_SETSIGDEF) | Int(POSIX_SPAWN_SETSIGMASK)))
        var child: pid_t = 0
        let result = withCStrings(["idp-server", "document-worker"]) { arguments in
            withCStrings(launch.environment.map { "\($0.key)=\($0.value)" }) { environment in
                posix_spawn(&child, launch.executable, &actions, &attributes, arguments, environment)
            }
        }
        guard result == 0 else { throw ChildFailure(call: "posix_spawn", number: result) }
        return child
    }
}
