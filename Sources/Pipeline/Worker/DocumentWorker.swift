internal import CLinux
internal import Foundation
internal import Observability
internal import Synchronization

/// One worker as its parent sees it: a child and the channel to it. Used by one operation at a time; `kill` may come
/// from any thread.
final class DocumentWorker: Sendable {
    let child: Child
    private let channel: FrameChannel
    private let namespaces: Namespaces

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
            let granted = Mutex(Namespaces())
            child = try keeper.start({ () throws(ChildFailure) in
                let (child, namespaces) = try Self.spawn(launch, control: theirs)
                granted.withLock { $0 = namespaces }
                return child
            }) { child in
                ScratchFolder.remove(folder)
                atEnd(child)
            }
            namespaces = granted.withLock { $0 }
        } catch {
            ScratchFolder.remove(folder)
            throw error
        }
        var configuration = launch.configuration
        configuration.scratchFolder = folder
        if !namespaces.contains(.user) { configuration.processLimit = 0 }
        // A child that is gone already shows at the first reply.
        if let frame = try? JSONEncoder().encode(WorkerRequest.configure(configuration)) {
            try? channel.send(frame, by: .after(.seconds(1)))
        }
    }

    /// Waits until its walls stand and its models are loaded.
    ///
    /// - Returns: the walls.
    func welcome(by deadline: Deadline) throws(FrameChannel.Failure) -> SandboxReport {
        guard case .ready(var report) = try receive(by: deadline) else { throw .garbage("no ready") }
        namespaces.note(in: &report)
        return report
    }

    /// Asks for an operation on the document and waits for the reply. Fails with `stalled` when nothing at all comes
    /// for `silenceLimit`, and with `neverBegan` when the worker was dead already: its first beat, before it touches
    /// the document, did not come.
    func ask(
        _ request: WorkerRequest, document: Int32, by deadline: Deadline, silenceLimit: Duration
    ) throws(FrameChannel.Failure) -> WorkerReply {
        guard let frame = try? JSONEncoder().encode(request) else { throw .garbage("a request that is no JSON") }
        var hasBegun = false
        do throws(FrameChannel.Failure) {
            try channel.send(frame, descriptor: document, by: deadline)
            while true {
                let reply = try receive(by: deadline.capped(at: silenceLimit))
                hasBegun = true
                if case .beat = reply { continue }
                return reply
            }
        } catch {
            if error == .timedOut, !deadline.hasPassed { throw .stalled }
            if error == .closed, !hasBegun { throw .neverBegan }
            throw error
        }
    }

    /// Ends the child and all that it has started, at once and without waiting for its end. An `ask` that waits fails
    /// with `closed` at once too: it takes a process with a hundred megabytes a while to go.
    func kill() {
        child.kill()
        channel.interrupt()
    }

    /// A beat's frame; nil cannot be, as the case has nothing that could not be encoded.
    private static let beat = try? JSONEncoder().encode(WorkerReply.beat)

    private func receive(by deadline: Deadline) throws(FrameChannel.Failure) -> WorkerReply {
        let (frame, stray) = try channel.receive(by: deadline)
        if let stray { close(stray) }
        // By far the most frequent, and always the same bytes.
        if frame == Self.beat { return .beat }
        guard let reply = try? JSONDecoder().decode(WorkerReply.self, from: frame) else {
            throw .garbage("a reply that is no JSON of ours")
        }
        return reply
    }

    /// In as many namespaces as the kernel gives.
    private static func spawn(
        _ launch: Launch, control: Int32
    ) throws(ChildFailure) -> (child: pid_t, namespaces: Namespaces) {
        var start = ChildStart(
            program: launch.executable, arguments: ["idp-server", "document-worker"],
            environment: launch.environment,
            // Whatever a library has to say goes nowhere: it may quote the document. What matters comes as a reply.
            descriptors: [nil, nil, nil, control], isLeader: true)
        var refusal = ChildFailure(call: "start", number: 0)
        for namespaces in Namespaces.choices {
            start.namespaces = namespaces
            do throws(ChildFailure) {
                return (try start(), namespaces)
            } catch {
                refusal = error
                guard Namespaces.areRefused(by: error.number) else { throw error }
            }
        }
        throw refusal
    }
}
