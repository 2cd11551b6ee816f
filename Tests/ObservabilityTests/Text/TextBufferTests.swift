import Foundation
import TestSupport
import Testing

@testable import Observability

/// The fast writer writes what the plain one writes.
struct TextBufferTests {
    private func text(_ write: (TextBuffer) -> Void) -> String {
        let buffer = TextBuffer(capacity: 1)
        write(buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    @Test(
        arguments: [
            0, 9, 10, 99, 100, 101, 999, 1000, 12_345, 9_999_999_999, 10_000_000_000_000_000_000, UInt64.max,
        ] as [UInt64])
    func writesWholeNumbers(_ number: UInt64) {
        #expect(text { $0.append(decimal: number) } == String(number))
    }

    @Test func writesEveryPowerOfTenAndItsNeighbours() {
        var power: UInt64 = 1
        for _ in 0..<19 {
            for number in [power - 1, power, power + 1] { #expect(text { $0.append(decimal: number) } == "\(number)") }
            power *= 10
        }
    }

    @Test func writesFixedDigits() {
        #expect(text { $0.append(7, digits: 3) } == "007")
    }

    @Test func escapesLikeTheArrayWriter() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var random = SeededRandom(seed)
        let alphabet = Array("abcdefgh\"\\\n\r\t\u{0}\u{1f}жқ€😀 /").map(String.init)
        for _ in 0..<2000 {
            let value = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                Int.random(in: 0..<6, using: &random) == 0 ? alphabet.randomElement(using: &random)! : "x"
            }.joined()
            var expected: [UInt8] = []
            JSONText.append(value, to: &expected)
            #expect(text { $0.append(json: value) } == String(decoding: expected, as: UTF8.self))
        }
    }

    @Test func repairsBytesThatAreNotUTF8() {
        let bytes: [UInt8] = [0x61, 0xff, 0x22]
        #expect(text { buffer in bytes.withUnsafeBytes { buffer.append(jsonOfBytes: $0) } } == "\"a\u{FFFD}\\\"\"")
    }

    @Test func growsAndRepeatsWhatItHolds() {
        let line = String(repeating: "0123456789", count: 50)
        let all = text { buffer in
            buffer.append(text: line)
            for _ in 0..<9 { buffer.repeatText(at: 0, count: line.utf8.count) }
        }
        #expect(all == String(repeating: line, count: 10))
    }
}
