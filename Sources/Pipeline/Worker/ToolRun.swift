internal import CLinux
internal import Foundation
internal import Observability

/// One run of a small program (poppler's) by a worker: in the worker's process group, output through pipes into
/// memory, bounded in bytes and in processor time.
///
/// The program inherits the worker's limits and walls and no descriptor but the document, and may start nothing itself.
/// A wall-clock bound is the parent's: it ends the whole process group.
struct ToolRun {
    /// How a program ended.
    struct Outcome {
        var output: Data
        /// The first few kilobytes of its error output.
        var messages: String
        /// Its exit code; -1 when a signal ended it.
        var code: Int32
        /// The signal that ended it; 0 when it exited.
        var signal: Int32
        /// Whether it was ended because it wrote more than allowed.
        var overflowed: Bool

        var succeeded: Bool { code == 0 && !overflowed }
        /// Whether it used up its processor time.
        var ranOutOfTime: Bool { signal == SIGXCPU }
    }

    /// The descriptor number under which a program finds the document.
    static let documentDescriptor: Int32 = 3
    /// The name by which it opens it: a fresh opening of the same file, wherever the file may have gone meanwhile.
    static let documentPath = "/proc/self/fd/3"

    private static let messageLimitBytes = 16 << 10
    private static let lookEveryMilliseconds: Int32 = 250

    var toolbox: Toolbox
    var configuration: WorkerConfiguration
    var document: Int32
    /// Told whenever the program shows that it goes on.
    var pulse: Pulse

    /// Runs `program` to its end.
    ///
    /// - Throws: `WorkerFailure` when it cannot be started.
    func callAsFunction(_ program: String, _ arguments: [String]) throws -> Outcome {
        let output = try Pipe()
        let messages = try Pipe()
        let child = try start(program, arguments, output: output.writer, messages: messages.writer)
        output.closeWriter()
        messages.closeWriter()
        var outcome = Outcome(output: Data(), messages: "", code: -1, signal: 0, overflowed: false)
        var said = Data()
        collect(from: child, output, &outcome.output, messages, &said, &outcome.overflowed)
        if outcome.overflowed { kill(child, SIGKILL) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        outcome.messages = String(decoding: said, as: UTF8.self)
        outcome.code = idp_exit_code(status)
        outcome.signal = idp_exit_signal(status)
        pulse()
        return outcome
    }

    private func start(_ program: String, _ arguments: [String], output: Int32, messages: Int32) throws -> pid_t {
        do throws(ChildFailure) {
            return try ChildStart(
                program: toolbox.path(of: program), arguments: [program] + arguments,
                environment: toolbox.environment, descriptors: [nil, output, messages, document],
                cpuSeconds: configuration.toolCPUSeconds, filter: toolbox.filter)()
        } catch {
            throw WorkerFailure(
                .internalProcessingError, ErrorCode.internalProcessingError.title,
                cause: "\(error.call): \(String(cString: strerror(error.number)))")
        }
    }

    /// Reads both pipes until they end or the output passes its bound.
    private func collect(
        from child: pid_t, _ output: Pipe, _ collected: inout Data, _ messages: Pipe, _ said: inout Data,
        _ overflowed: inout Bool
    ) {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        var items = [
            pollfd(fd: output.reader, events: Int16(POLLIN), revents: 0),
            pollfd(fd: messages.reader, events: Int16(POLLIN), revents: 0),
        ]
        var used: Int64 = 0
        while items.contains(where: { $0.fd >= 0 }) {
            guard poll(&items, nfds_t(items.count), Self.lookEveryMilliseconds) > 0 else {
                // A silent program goes on as long as it computes: how long it may is limited elsewhere.
                let now = idp_child_nanoseconds(child)
                if now > used { pulse() }
                used = max(used, now)
                continue
            }
            pulse()
            for index in items.indices where items[index].fd >= 0 && items[index].revents != 0 {
                let got = read(items[index].fd, &chunk, chunk.count)
                if got <= 0 {
                    if got < 0, errno == EINTR { continue }
                    items[index].fd = -1
                } else if index == 0 {
                    guard collected.count + got <= configuration.toolOutputLimitBytes else {
                        overflowed = true
                        return
                    }
                    collected.append(contentsOf: chunk[..<got])
                } else if said.count < Self.messageLimitBytes {
                    said.append(contentsOf: chunk[..<min(got, Self.messageLimitBytes - said.count)])
                }
            }
        }
    }
}

/// A pipe(2), both ends close-on-exec; whatever is still open is closed with it.
final class Pipe {
    let reader: Int32
    private(set) var writer: Int32

    /// - Throws: `WorkerFailure` when there are no descriptors left.
    init() throws {
        var ends: [Int32] = [0, 0]
        guard idp_pipe(&ends) == 0 else {
            throw WorkerFailure(
                .internalProcessingError, ErrorCode.internalProcessingError.title, cause: "pipe: errno \(errno)")
        }
        (reader, writer) = (ends[0], ends[1])
    }

    /// Closes the writing end, so that the reader sees the end once the child's copy is gone too.
    func closeWriter() {
        if writer >= 0 { close(writer) }
        writer = -1
    }

    deinit {
        closeWriter()
        close(reader)
    }
}
