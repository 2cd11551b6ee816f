import EventHTTP
import Foundation
import Synchronization
import TestSupport
import Testing

/// A body in memory of its own: all `z`. Counts how many of them there are.
final class SharedText: @unchecked Sendable {
    // Sendable: written in `init`, then only read.

    static let alive = Atomic<Int>(0)
    let bytes: UnsafeRawBufferPointer

    init(count: Int) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        memory.initializeMemory(as: UInt8.self, repeating: UInt8(ascii: "z"))
        bytes = UnsafeRawBufferPointer(memory)
        Self.alive.add(1, ordering: .relaxed)
    }

    deinit {
        bytes.deallocate()
        Self.alive.subtract(1, ordering: .relaxed)
    }
}

/// Bodies that are sent from where they lie: whole, in turns with other connections, and let go of at their end.
@Suite struct SharedBodyTests {
    @Test func aLargeSharedBodyArrivesWholeAndIsLetGo() async throws {
        let server = try ServerUnderTest(lane: true)
        let count = 8 << 20
        let client = try server.connect()
        client.send("GET /shared?\(count) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let answer = try client.readToEnd()
        #expect(answer.suffix(count).allSatisfy { $0 == UInt8(ascii: "z") })
        #expect(String(decoding: answer.prefix(400), as: UTF8.self).contains("Content-Length: \(count)\r\n"))
        try await eventually("the body is let go") { SharedText.alive.load(ordering: .relaxed) == 0 }
    }

    @Test func aSharedBodyIsLetGoWhenTheClientGoes() async throws {
        let server = try ServerUnderTest(lane: true)
        let client = try server.connect()
        client.send("GET /shared?\(32 << 20) HTTP/1.1\r\nHost: a\r\n\r\n")
        try await eventually("the answer begins") { SharedText.alive.load(ordering: .relaxed) == 1 }
        client.close()
        try await eventually("the body is let go") { SharedText.alive.load(ordering: .relaxed) == 0 }
    }
}
