import Foundation
import Observability
import TestSupport
import Testing

/// Numbers, times and strings as text, against Foundation.
struct TextTests {
    @Test func timestampsAgreeWithFoundation() {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        var random = SeededRandom(7)
        let fixed: [UInt64] = [0, 951_782_400_000, 951_868_799_999, 4_107_542_400_000, 253_402_300_799_000]
        let drawn = (0..<2000).map { _ in UInt64.random(in: 0...253_402_300_799, using: &random) * 1000 }
        for milliseconds in fixed + drawn {
            var text: [UInt8] = []
            TimestampText.append(unixMilliseconds: milliseconds, to: &text)
            let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            #expect(String(decoding: text, as: UTF8.self) == formatter.string(from: date))
        }
    }

    @Test func numbersAreWrittenWhole() {
        var random = SeededRandom(8)
        let fixed: [UInt64] = [0, 9, 10, 99, 100, .max]
        for value in fixed + (0..<1000).map({ _ in random.next() >> UInt64.random(in: 0...63) }) {
            var text: [UInt8] = []
            DecimalText.append(value, to: &text)
            #expect(String(decoding: text, as: UTF8.self) == String(value))
        }
        for value in [Int64.min, -1, 0, .max] {
            var text: [UInt8] = []
            DecimalText.append(value, to: &text)
            #expect(String(decoding: text, as: UTF8.self) == String(value))
        }
    }

    @Test func percentAndAcceptSurviveNonsense() {
        var random = SeededRandom(9)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                Array("application/openmetrics-text;q=0.15,*\"\\ \u{e9}".utf8).randomElement(using: &random)!
            }
            let text = String(decoding: bytes, as: UTF8.self)
            _ = ExpositionFormat.negotiated(accept: text)
            _ = ErrorBodyFormat.negotiated(accept: text + "application/problem+json")
        }
    }
}
