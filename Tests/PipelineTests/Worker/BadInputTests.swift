import Foundation
import Observability
import TestSupport
import Testing

@testable import Pipeline

extension LiveWorkers {
    /// What is broken, hostile or not a document at all ends with its code, and the worker reads the next document.
    @Suite struct BadInputTests {
        private static func bytes(_ name: String) throws -> [UInt8] {
            Array(try Data(contentsOf: URL(fileURLWithPath: fixture(name))))
        }

        private static let cases: [(name: String, bytes: @Sendable () throws -> [UInt8], code: ErrorCode)] = [
            ("empty", { [] }, .documentUnreadable),
            ("one byte", { [0x89] }, .unsupportedFileType),
            ("plain text", { Array("просто текст, не PDF".utf8) }, .unsupportedFileType),
            ("an archive", { Array("PK\u{3}\u{4}".utf8) + Array(repeating: 0, count: 200) }, .unsupportedFileType),
            ("a program", { [0x7F] + Array("ELF".utf8) + Array(repeating: 0, count: 200) }, .unsupportedFileType),
            ("random bytes", { (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) } }, .unsupportedFileType),
            ("a PDF's head alone", { Array("%PDF-1.4\n".utf8) }, .documentUnreadable),
            ("a truncated PDF", { Array(try bytes("text.pdf").prefix(9000)) }, .documentUnreadable),
            ("a JPEG's head alone", { Array(try bytes("cmyk.jpg").prefix(20)) }, .documentUnreadable),
            ("a truncated JPEG", { Array(try bytes("photo-exif-6.jpg").prefix(20_000)) }, .documentUnreadable),
            ("a truncated PNG", { Array(try bytes("palette.png").prefix(4000)) }, .documentUnreadable),
            ("a truncated TIFF", { Array(try bytes("deflate.tiff").prefix(3000)) }, .documentUnreadable),
            (
                "a TIFF whose second picture is missing", { Array(try bytes("two-pages-g4.tiff").dropLast(3000)) },
                .documentUnreadable
            ),
            ("an encrypted PDF", { try bytes("encrypted.pdf") }, .documentEncrypted),
            ("a PNG of 60,000 x 60,000", { pngHeader(side: 60_000) }, .documentUnreadable),
            ("a PNG of no size", { pngHeader(side: 0) }, .documentUnreadable),
            ("a PNG of 2^31 - 1 squared", { pngHeader(side: 0x7FFF_FFFF) }, .documentUnreadable),
            ("a PDF of 10,000 pages", { pdf(pages: 10_000) }, .tooManyPages),
            ("a PDF of one page more than allowed", { pdf(pages: 21) }, .tooManyPages),
            ("a PDF that lies about its pages", { pdf(pages: 1, count: 2_000_000_000) }, .documentUnreadable),
        ]

        @Test(arguments: cases.indices)
        func endsWithItsCode(_ index: Int) async throws {
            let (name, bytes, code) = Self.cases[index]
            let folder = try TemporaryDirectory()
            let document = try folder.write(try bytes(), to: "document")
            let reading = try Reading()
            #expect(await reading.code(of: document.path) == code, "\(name)")
            #expect(reading.restarts.isEmpty, "the worker did not suffer")
            #expect(await reading.code(of: fixture("text.pdf")) == nil, "and goes on")
        }

        /// A header that promises 3.6 billion pixels must not cost memory or time; the message says what is allowed.
        @Test func refusesAHugePictureByItsHeader() async throws {
            let folder = try TemporaryDirectory()
            let document = try folder.write(Self.pngHeader(side: 60_000), to: "huge.png")
            let reading = try Reading()
            _ = await reading.code(of: fixture("text.pdf"))
            let worker = try #require(reading.pool.processIDs.first)
            let before = try Self.peakBytes(of: worker)
            let clock = ContinuousClock()
            let start = clock.now
            let result = await reading.text(of: document.path)
            #expect(start.duration(to: clock.now) < .seconds(20))
            #expect(try Self.peakBytes(of: worker) < before + 4 << 20)
            guard case .failure(let error) = result else {
                Issue.record("it was read")
                return
            }
            #expect(error.message.contains("60000 x 60000") && error.message.contains("40 megapixels"))
        }

        /// Two million small strokes keep a tool busy for minutes; its processor time is bounded.
        @Test func endsAToolThatUsesUpItsProcessorTime() async throws {
            let folder = try TemporaryDirectory()
            let strokes = String(
                repeating: "0 0 m 595 842 l 0 842 l 595 0 l 300 1 l f* 30 w 1 1 m 590 800 l S\n", count: 300_000)
            let document = try folder.write(Self.pdf(pages: 1, content: strokes), to: "strokes.pdf")
            let reading = try Reading { $0.configuration.toolCPUSeconds = 1 }
            #expect(await reading.code(of: document.path) == .documentUnreadable)
            #expect(reading.restarts.isEmpty)
        }

        /// The type is told by the bytes; a wrong name changes nothing, and junk before a PDF's head is tolerated.
        @Test func looksAtBytesNotNames() async throws {
            let folder = try TemporaryDirectory()
            let document = try folder.write(
                Array(repeating: UInt8(ascii: "x"), count: 900) + Self.bytes("text.pdf"), to: "scan.png")
            let reading = try Reading()
            #expect(try await reading.text(of: document.path).get().lines.first == "СПРАВКА")
        }

        @Test func saysThatADocumentIsNotThere() async throws {
            let reading = try Reading()
            #expect(await reading.code(of: "/nonexistent/document.pdf") == .storageFailed)
        }

        private static func peakBytes(of process: Int32) throws -> Int {
            let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
            return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) }) * 1024
        }

        /// A PNG whose header promises a square of true colour (PNG 3rd edition, 11.2.2), with hardly any data.
        private static func pngHeader(side: UInt32) -> [UInt8] {
            func bytes(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.bigEndian, Array.init) }
            func chunk(_ kind: String, _ content: [UInt8]) -> [UInt8] {
                let body = Array(kind.utf8) + content
                return bytes(UInt32(content.count)) + body + bytes(crc(body))
            }
            let header = bytes(side) + bytes(side) + [8, 2, 0, 0, 0]
            return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
                + chunk("IDAT", [0x78, 0x9C, 0x03, 0, 0, 0, 0, 1]) + chunk("IEND", [])
        }

        private static func crc(_ bytes: [UInt8]) -> UInt32 {
            var rest: UInt32 = .max
            for byte in bytes {
                rest ^= UInt32(byte)
                for _ in 0..<8 {
                    let carries = rest & 1 == 1
                    rest >>= 1
                    if carries { rest ^= 0xEDB8_8320 }
                }
            }
            return ~rest
        }

        /// A PDF of pages that share one content.
        private static func pdf(pages: Int, count: Int? = nil, content: String = "") -> [UInt8] {
            var file = "%PDF-1.4\n"
            var offsets: [Int] = []
            func add(_ object: String) {
                offsets.append(file.utf8.count)
                file += "\(offsets.count) 0 obj\n\(object)\nendobj\n"
            }
            add("<< /Type /Catalog /Pages 2 0 R >>")
            let kids = (0..<pages).map { "\($0 + 4) 0 R" }.joined(separator: " ")
            add("<< /Type /Pages /Kids [\(kids)] /Count \(count ?? pages) >>")
            add("<< /Length \(content.utf8.count) >>\nstream\n\(content)\nendstream")
            for _ in 0..<pages { add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 3 0 R >>") }
            let table = file.utf8.count
            file += "xref\n0 \(offsets.count + 1)\n0000000000 65535 f \n"
            for offset in offsets {
                let digits = String(offset)
                file += String(repeating: "0", count: 10 - digits.count) + digits + " 00000 n \n"
            }
            file += "trailer\n<< /Size \(offsets.count + 1) /Root 1 0 R >>\nstartxref\n\(table)\n%%EOF\n"
            return Array(file.utf8)
        }
    }
}
