import Foundation
import Observability
import TestSupport
import Testing

@testable import Pipeline

/// Frames between server and worker, and what happens when the other side does not keep to them.
@Suite struct FrameChannelTests {
    private static func pair() throws -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        return (ends[0], ends[1])
    }

    /// Larger than a socket's buffer, so both sides have to wait for each other.
    @Test func carriesLargeFramesAndADescriptor() async throws {
        let (left, right) = try Self.pair()
        let folder = try TemporaryDirectory()
        let file = try folder.write(Array("бумага".utf8), to: "paper")
        let payload = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        async let sent: Void = blocking {
            let document = open(file.path, O_RDONLY)
            defer { close(document) }
            try FrameChannel(owning: left).send(payload, descriptor: document, by: .after(.seconds(10)))
        }
        let (frame, descriptor) = try await blocking {
            try FrameChannel(owning: right).receive(by: .after(.seconds(10)))
        }
        try await sent
        #expect(frame == payload)
        let handle = FileHandle(fileDescriptor: try #require(descriptor), closeOnDealloc: true)
        #expect(try handle.readToEnd() == Data("бумага".utf8))
    }

    @Test func carriesAnEmptyFrame() throws {
        let (left, right) = try Self.pair()
        try FrameChannel(owning: left).send(Data())
        #expect(try FrameChannel(owning: right).receive(by: .after(.seconds(5))).frame.isEmpty)
    }

    @Test func refusesAFrameBeyondTheBound() throws {
        let (left, right) = try Self.pair()
        defer { close(left) }
        #expect(write(left, [0xFF, 0xFF, 0xFF, 0xFF] as [UInt8], 4) == 4)
        let channel = FrameChannel(owning: right)
        #expect(throws: FrameChannel.Failure.garbage("a frame of 4294967295 bytes")) {
            try channel.receive(by: .after(.seconds(5)))
        }
    }

    @Test func noticesTheEndInTheMiddleOfAFrame() throws {
        let (left, right) = try Self.pair()
        #expect(write(left, [0, 0, 0, 9, 1, 2] as [UInt8], 6) == 6)
        close(left)
        let channel = FrameChannel(owning: right)
        #expect(throws: FrameChannel.Failure.closed) { try channel.receive(by: .after(.seconds(5))) }
        #expect(throws: FrameChannel.Failure.closed) { try channel.send(Data([1])) }
    }

    @Test func givesUpAtTheDeadline() throws {
        let (left, right) = try Self.pair()
        defer { close(left) }
        let channel = FrameChannel(owning: right)
        #expect(throws: FrameChannel.Failure.timedOut) { try channel.receive(by: .after(.milliseconds(20))) }
        // Nobody reads: the socket's buffer fills.
        #expect(throws: FrameChannel.Failure.timedOut) {
            try channel.send(Data(count: 8 << 20), by: .after(.milliseconds(50)))
        }
    }

    @Test func packsPagesWithoutLoss() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed)
        for source in [PageText.Source.ocr, .textLayer] {
            let lines = (0..<(1 + Int(random.next() % 20))).map { _ in
                TextLine(
                    words: (0..<(1 + Int(random.next() % 8))).map { index in
                        Word(
                            text: "слово\(index)",
                            box: Box(
                                x: Double(random.next() % 20_000) / 10, y: Double(random.next() % 20_000) / 10,
                                width: Double(random.next() % 900) / 10, height: Double(random.next() % 300) / 10),
                            confidence: source == .ocr ? Double(random.next() % 101) / 100 : 1)
                    })
            }
            let page = PageText(number: 3, width: 1654, height: 2339, source: source, confidence: 1, lines: lines)
            let wire = try JSONEncoder().encode(PackedPage(page))
            #expect(try JSONDecoder().decode(PackedPage.self, from: wire).unpacked() == page, "seed \(seed)")
        }
    }

    @Test func doesNotBelieveColumnsThatDoNotFit() {
        let word = Word(text: "слово", box: Box(x: 1, y: 2, width: 3, height: 4), confidence: 0.5)
        let page = PageText(
            number: 1, width: 9, height: 9, source: .ocr, confidence: 1, lines: [TextLine(words: [word, word])])
        for change in [
            { (page: inout PackedPage) in page.boxes.removeLast() }, { $0.boxes += [1, 2, 3, 4] },
            { $0.confidences.removeLast() }, { $0.text += " ещё" },
        ] as [(inout PackedPage) -> Void] {
            var packed = PackedPage(page)
            change(&packed)
            #expect(packed.unpacked() == nil)
        }
    }
}
