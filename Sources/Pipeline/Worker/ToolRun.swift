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
        let tool = try Self.start(program, arguments, [nil], nil, toolbox, configuration, document: document)
        return finish(tool, feeding: UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// Starts `program` ahead of its document, which `finish` gives it on its standard input: what it takes to begin is
    /// done when the document comes.
    ///
    /// - Throws: `WorkerFailure` when it cannot be started.
    static func waiting(
        _ program: String, _ arguments: [String], _ toolbox: Toolbox, _ configuration: WorkerConfiguration
    ) throws -> RunningTool {
        let input = try Pipe()
        _ = fcntl(input.writer, F_SETFL, O_NONBLOCK)
        return try start(program, arguments, [input.reader], input, toolbox, configuration)
    }

    /// Gives a program its input, if it takes any, and waits for its end.
    func finish(_ tool: RunningTool, feeding bytes: UnsafeRawBufferPointer) -> Outcome {
        var outcome = Outcome(output: Data(), messages: "", code: -1, signal: 0, overflowed: false)
        var said = Data()
        collect(from: tool, bytes, &outcome.output, &said, &outcome.overflowed)
        if outcome.overflowed { kill(tool.child, SIGKILL) }
        let status = tool.end()
        outcome.messages = String(decoding: said, as: UTF8.self)
        outcome.code = idp_exit_code(status)
        outcome.signal = idp_exit_signal(status)
        pulse()
        return outcome
    }

    private static func start(
        _ program: String, _ arguments: [String], _ inputs: [Int32?], _ input: Pipe?, _ toolbox: Toolbox,
        _ configuration: WorkerConfiguration, document: Int32? = nil
    ) throws -> RunningTool {
        let output = try Pipe()
        let messages = try Pipe()
        let descriptors = inputs + [output.writer, messages.writer] + (document.map { [$0] } ?? [])
        do throws(ChildFailure) {
            let child = try ChildStart(
                program: toolbox.path(of: program), arguments: [program] + arguments,
                environment: toolbox.environment, descriptors: descriptors,
                cpuSeconds: configuration.toolCPUSeconds, filter: toolbox.filter)()
            output.closeWriter()
            messages.closeWriter()
            input?.closeReader()
            return RunningTool(child: child, input: input, output: output, messages: messages)
        } catch {
            throw WorkerFailure(
                .internalProcessingError, ErrorCode.internalProcessingError.title,
                cause: "\(error.call): \(String(cString: strerror(error.number)))")
        }
    }

    /// Feeds the program and reads both of its pipes until they end or the output passes its bound.
    private func collect(
        from tool: RunningTool, _ bytes: UnsafeRawBufferPointer, _ collected: inout Data, _ said: inout Data,
        _ overflowed: inout Bool
    ) {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        var items = [
            pollfd(fd: tool.output.reader, events: Int16(POLLIN), revents: 0),
            pollfd(fd: tool.messages.reader, events: Int16(POLLIN), revents: 0),
            pollfd(fd: tool.input?.writer ?? -1, events: Int16(POLLOUT), revents: 0),
        ]
        var used: Int64 = 0
        var fed = 0
        while items[0].fd >= 0 || items[1].fd >= 0 {
            guard poll(&items, nfds_t(items.count), Self.lookEveryMilliseconds) > 0 else {
                // A silent program goes on as long as it computes: how long it may is limited elsewhere.
                let now = idp_child_nanoseconds(tool.child)
                if now > used { pulse() }
                used = max(used, now)
                continue
            }
            pulse()
            if items[2].fd >= 0, items[2].revents != 0 {
                let count = fed < bytes.count ? write(items[2].fd, bytes.baseAddress! + fed, bytes.count - fed) : 0
                fed += max(count, 0)
                // A program that takes no more has read what it wanted, or is gone: its output and its end tell.
                let isOver = fed == bytes.count || (count < 0 && errno != EAGAIN && errno != EINTR)
                if isOver {
                    tool.input?.closeWriter()
                    items[2].fd = -1
                }
            }
            for index in 0..<2 where items[index].fd >= 0 && items[index].revents != 0 {
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

/// A program that has been started and not yet been waited for. Let go of, it is ended.
final class RunningTool {
    let child: pid_t
    /// What it reads, where it reads its document from its standard input.
    let input: Pipe?
    let output: Pipe
    let messages: Pipe
    private var hasEnded = false

    init(child: pid_t, input: Pipe?, output: Pipe, messages: Pipe) {
        self.child = child
        self.input = input
        self.output = output
        self.messages = messages
    }

    /// Waits for its end; its status as wait(2) tells it.
    func end() -> Int32 {
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        hasEnded = true
        return status
    }

    /// Whether it has not ended by itself or by somebody's hand.
    var isRunning: Bool {
        var status: Int32 = 0
        guard !hasEnded else { return false }
        hasEnded = waitpid(child, &status, WNOHANG) != 0
        return !hasEnded
    }

    deinit {
        guard !hasEnded else { return }
        kill(child, SIGKILL)
        _ = end()
    }
}

/// A pipe(2), both ends close-on-exec; whatever is still open is closed with it.
final class Pipe {
    private(set) var reader: Int32
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

    /// Closes the reading end, which a child has.
    func closeReader() {
        if reader >= 0 { close(reader) }
        reader = -1
    }

    /// Closes the writing end, so that the reader sees the end once the child's copy is gone too.
    func closeWriter() {
        if writer >= 0 { close(writer) }
        writer = -1
    }

    deinit {
        closeWriter()
        closeReader()
    }
}
