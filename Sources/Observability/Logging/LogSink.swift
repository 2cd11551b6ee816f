private import Dispatch
private import Synchronization

// DESIGN: lines from any thread, written by one queue.
//
// A line is appended, whole, to the buffer of its lane under that lane's lock, which nobody else takes but the writer,
// for the moment of a swap. The first line of a round wakes the writer, which waits a little for others (the linger):
// a busy server wakes it a hundred times a second and an idle one never, and waking it allocates nothing. The writer
// swaps each buffer for an empty one and writes it out. A full buffer drops the line and counts it: a stalled reader of
// our output never stalls the service.
// Lines of one lane keep their order; lines of two lanes may change places within one linger (they carry their time).

/// Takes finished log lines and writes them to a descriptor off the caller's thread. Lives as long as its process.
public final class LogSink: Sendable {
    /// Writes bytes out, on the sink's queue; false if they could not be written.
    public typealias Output = @Sendable (UnsafeRawBufferPointer) -> Bool

    private struct Buffer {
        var bytes: [UInt8] = []
        var lines: UInt64 = 0
        /// An empty buffer that has its working size: the two take turns, so that no line waits for memory.
        var spare: [UInt8] = []
    }

    /// Buffers above this are not kept for the next round: it holds what a lane writes in a linger under full load.
    private static let spareLimitBytes = 512 * 1024

    private final class Shard: Sendable {
        let buffer = Mutex(Buffer())
    }

    private let shards: [Shard]
    private let bufferLimitBytes: Int
    private let linger: DispatchTimeInterval
    private let output: Output
    private let queue = DispatchQueue(label: "idp.log", qos: .utility)
    // Proof: a Dispatch source may be used from any thread; its protocol only does not say so.
    /// Wakes the writer.
    nonisolated(unsafe) private let wake: any DispatchSourceUserDataAdd
    private let isArmed = Atomic(false)
    private let dropped = Atomic<UInt64>(0)

    /// A sink.
    ///
    /// - Parameters:
    ///   - lanes: exclusive lanes of the registry; each gets a buffer of its own beside the shared one.
    ///   - bufferLimitBytes: what may wait per lane; lines beyond are dropped.
    ///   - linger: how long the first line of a round waits for others.
    ///   - output: where the bytes go; standard output by default.
    public init(
        lanes: Int = 0, bufferLimitBytes: Int = 1 << 20, linger: Duration = .milliseconds(10),
        output: @escaping Output = { FileDescriptorOutput(descriptor: 1).write($0) }
    ) {
        shards = (0...lanes).map { _ in Shard() }
        self.bufferLimitBytes = bufferLimitBytes
        self.linger = .nanoseconds(Int(clamping: linger.wholeNanoseconds))
        self.output = output
        wake = DispatchSource.makeUserDataAddSource(queue: queue)
        // A strong reference: what was taken is written, whoever has let go of the sink by then.
        wake.setEventHandler { self.queue.asyncAfter(deadline: .now() + self.linger) { self.drain() } }
        wake.activate()
    }

    /// Lines lost at a full buffer or a broken output.
    public var droppedCount: UInt64 { dropped.load(ordering: .relaxed) }

    /// Takes one line, ending in a line feed. Never waits for the output; allocates only while buffers grow to their
    /// working size.
    public func write(_ line: UnsafeRawBufferPointer, lane: Lane = .shared) {
        let shard = shards[shards.indices.contains(lane.index) ? lane.index : 0]
        let isTaken = shard.buffer.withLock { buffer in
            guard buffer.bytes.count + line.count <= bufferLimitBytes else { return false }
            buffer.bytes.append(contentsOf: line)
            buffer.lines += 1
            return true
        }
        if !isTaken { dropped.wrappingAdd(1, ordering: .relaxed) }
        // Armed is cleared before the buffers are swapped, and the buffer's lock orders the two: a line that missed
        // the swap sees it cleared.
        if !isArmed.load(ordering: .relaxed), !isArmed.exchange(true, ordering: .acquiringAndReleasing) {
            wake.add(data: 1)
        }
    }

    /// Takes one line, ending in a line feed.
    public func write(_ line: [UInt8], lane: Lane = .shared) {
        line.withUnsafeBytes { write($0, lane: lane) }
    }

    /// Writes out what was taken before the call; false if that was not done by the deadline. For the end of the
    /// process; blocks the caller.
    @discardableResult
    public func flush(by deadline: Deadline) -> Bool {
        let group = DispatchGroup()
        queue.async(group: group) { self.drain() }
        let wait = Int(clamping: deadline.remaining.wholeNanoseconds)
        return group.wait(timeout: .now() + .nanoseconds(wait)) == .success
    }

    /// Registers how many lines were lost.
    public func register(in registry: MetricRegistry) {
        registry.observedCounter(
            "idp_log_lines_dropped_total", help: "Log lines lost at a full buffer or a broken output."
        ) { Double(self.droppedCount) }
    }

    /// Runs on the queue.
    private func drain() {
        isArmed.store(false, ordering: .releasing)
        for shard in shards {
            var (full, lines) = shard.buffer.withLock { buffer -> ([UInt8], UInt64) in
                defer {
                    buffer.bytes = buffer.spare
                    buffer.spare = []
                    buffer.lines = 0
                }
                return (buffer.bytes, buffer.lines)
            }
            if !full.isEmpty, !full.withUnsafeBytes(output) { dropped.wrappingAdd(lines, ordering: .relaxed) }
            guard full.capacity <= Self.spareLimitBytes else { continue }
            full.removeAll(keepingCapacity: true)
            shard.buffer.withLock { [full] in $0.spare = full }
        }
    }
}
