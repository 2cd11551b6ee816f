import Dispatch
import Foundation
import Observability
import Synchronization
import Testing

/// The sink keeps lines whole and in order per lane, is bounded, and writes on its own.
struct LogSinkTests {
    @Test func linesFromManyThreadsAreWholeAndInOrderPerLane() throws {
        let bytes = Mutex<[UInt8]>([])
        let sink = LogSink(lanes: 3, bufferLimitBytes: 64 << 20) { chunk in
            bytes.withLock { $0.append(contentsOf: chunk) }
            return true
        }
        DispatchQueue.concurrentPerform(iterations: 4) { lane in
            for number in 0..<20_000 { sink.write(Array("\(lane) \(number)\n".utf8), lane: Lane(index: lane)) }
        }
        #expect(sink.flush(by: .after(.seconds(30))))
        #expect(sink.droppedCount == 0)
        var next = [0, 0, 0, 0]
        for line in String(decoding: bytes.withLock { $0 }, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ").compactMap { Int($0) }
            try #require(parts.count == 2, "\(line)")
            #expect(parts[1] == next[parts[0]])
            next[parts[0]] += 1
        }
        #expect(next == [20_000, 20_000, 20_000, 20_000])
    }

    /// Without a flush: the linger's timer writes.
    @Test func linesAreWrittenByThemselves() async {
        await confirmation { written in
            await withCheckedContinuation { continuation in
                let sink = LogSink { _ in
                    written()
                    continuation.resume()
                    return true
                }
                sink.write(Array("x\n".utf8))
            }
        }
    }

    @Test func aStalledOutputCostsLinesNotMemory() {
        let gate = DispatchGroup()
        gate.enter()
        let sink = LogSink(bufferLimitBytes: 100, linger: .zero) { _ in
            gate.wait()
            return true
        }
        for _ in 0..<1000 { sink.write(Array(repeating: 65, count: 10)) }
        // At most the buffer that is being written and the one that fills meanwhile are kept.
        #expect(sink.droppedCount >= 1000 - 20)
        #expect(!sink.flush(by: .after(.milliseconds(20))))
        gate.leave()
        #expect(sink.flush(by: .after(.seconds(10))))
    }

    @Test func aBrokenOutputIsCountedByTheLine() {
        let sink = LogSink { _ in false }
        sink.write([65, 10])
        sink.write([66, 10])
        #expect(sink.flush(by: .after(.seconds(10))))
        #expect(sink.droppedCount == 2)
    }

    @Test func descriptorsGetAllBytesEvenThroughAFullPipe() {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let (reader, writer) = (ends[0], ends[1])
        // A descriptor in non-blocking mode takes a pipe's buffer and then says EAGAIN.
        _ = fcntl(writer, F_SETFL, O_NONBLOCK)
        let payload = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let done = DispatchGroup()
        let written = Atomic(false)
        DispatchQueue(label: "test.writer").async(group: done) {
            let isWritten = payload.withUnsafeBytes { FileDescriptorOutput(descriptor: writer).write($0) }
            written.store(isWritten, ordering: .relaxed)
            close(writer)
        }
        var received: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65536)
        while case let count = read(reader, &block, block.count), count > 0 { received += block[..<count] }
        close(reader)
        done.wait()
        let isWritten = written.load(ordering: .relaxed)
        #expect(isWritten)
        #expect(received == payload)
    }
}
