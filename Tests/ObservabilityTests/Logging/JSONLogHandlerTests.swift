import Foundation
import Logging
import Observability
import Synchronization
import Testing

/// Log lines byte by byte, and what never gets into one.
struct JSONLogHandlerTests {
    /// Keeps what the sink writes.
    private final class Output: Sendable {
        let bytes = Mutex<[UInt8]>([])
        var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
    }

    private func logged(
        level: Logger.Level = .info, provider: Logger.MetadataProvider? = nil, _ body: (inout Logger) -> Void
    ) -> String {
        let output = Output()
        let sink = LogSink { bytes in
            output.bytes.withLock { $0.append(contentsOf: bytes) }
            return true
        }
        var logger = Logger(label: "idp.jobs") { label in
            JSONLogHandler(
                label: label, level: level, sink: sink, metadataProvider: provider,
                unixMilliseconds: { 1_773_306_307_042 })
        }
        body(&logger)
        #expect(sink.flush(by: .after(.seconds(10))))
        return output.text
    }

    @Test func aLineHasFixedMembersThenIDsThenTheRestByName() {
        let text = logged { logger in
            logger[metadataKey: "run.id"] = "run-1"
            logger.info(
                "Job completed",
                metadata: [
                    "zeta": "z", "attempt": .stringConvertible(2), "request_id": "r-1", "trace_id": "t", "span_id": "s",
                    "stage": ["name": "text", "kind": "ocr"], "codes": ["A", "B"], "level": "mine",
                ])
        }
        #expect(
            text == """
                {"ts":"2026-03-12T09:05:07.042Z","level":"info","logger":"idp.jobs","message":"Job completed",\
                "request_id":"r-1","run_id":"run-1","trace_id":"t","span_id":"s","attempt":2,"codes":"A, B",\
                "field_level":"mine","stage_kind":"ocr","stage_name":"text","zeta":"z"}

                """)
    }

    @Test func personalAndSecretValuesAreMasked() {
        let text = logged { logger in
            logger.warning(
                "Refused",
                metadata: [
                    "fio": "Иванов Иван", "FIO": "Петров", "iin": "900101300123", "file_name": "паспорт.pdf",
                    "request": ["fio": "Сидоров", "last-name": "Ким"], "text": "СПРАВКА", "Authorization": "Bearer q",
                    "applicant.first_name": "Айгүл", "items": [["name": "Ли"]], "status": "422",
                ])
        }
        let secrets = [
            "Иванов", "Петров", "900101300123", "паспорт", "Сидоров", "Ким", "СПРАВКА", "Bearer", "Айгүл", "Ли",
        ]
        for secret in secrets {
            #expect(!text.contains(secret), "\(secret) in \(text)")
        }
        #expect(text.contains(#""fio":"[redacted]""#) && text.contains(#""status":"422""#))
    }

    @Test func levelsAndProvidersAreHonoured() {
        let provider = Logger.MetadataProvider { ["trace_id": "from-task"] }
        let text = logged(level: .warning, provider: provider) { logger in
            logger.info("no")
            logger.error("yes")
        }
        #expect(text.split(separator: "\n").count == 1)
        #expect(text.contains(#""level":"error","logger":"idp.jobs","message":"yes","trace_id":"from-task"}"#))
    }

    @Test func everyLineIsJSONAndBounded() throws {
        let nasty = (0..<0x300).compactMap(Unicode.Scalar.init).map(String.init).joined() + "\u{2028}\u{10FFFF}\"\\"
        let text = logged { logger in
            logger.info("\(nasty)", metadata: [nasty: .string(nasty), "error": "x"])
            logger.info("big", metadata: ["v": .string(String(repeating: "ж", count: 100_000))])
            logger.info(
                "many",
                metadata: Dictionary(
                    uniqueKeysWithValues: (0..<500).map { ("k\($0)", "\(String(repeating: "\u{1}", count: 500))") }))
        }
        let lines = text.split(separator: "\n")
        #expect(lines.count == 3)
        for line in lines {
            #expect(line.utf8.count <= LogLine.lengthLimitBytes)
            _ = try JSONSerialization.jsonObject(with: Data(line.utf8))
        }
        let first = try #require(
            try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
        #expect(first["message"] as? String == nasty)
        #expect(lines[1].hasSuffix("ж…\"}"))
        #expect(lines[2].hasSuffix("\"truncated\":true}"))
    }

    @Test func bytesThatAreNotUTF8AreRepaired() throws {
        let output = Output()
        let sink = LogSink { bytes in
            output.bytes.withLock { $0.append(contentsOf: bytes) }
            return true
        }
        var line = LogLine()
        line.begin(level: "info", logger: "idp.access", message: "request", unixMilliseconds: 0)
        let bytes: [UInt8] = [0x2f, 0xff, 0xc3, 0x28, 0x22, 0x00]
        bytes.withUnsafeBytes { line.field("path", bytes: $0) }
        [UInt8]().withUnsafeBytes { line.field("empty", bytes: $0) }
        line.field("status", 200)
        line.field("duration_ms", millisecondsOf: 12_345_678)
        line.field("reused", true)
        line.trace(TraceContext(traceIDHigh: 1, traceIDLow: 2, spanID: 3, flags: 1))
        line.end(to: sink)
        #expect(sink.flush(by: .after(.seconds(10))))
        #expect(
            output.text
                == #"{"ts":"1970-01-01T00:00:00.000Z","level":"info","logger":"idp.access","message":"request","#
                + "\"path\":\"/\u{FFFD}\u{FFFD}(\\\"\\u0000\",\"empty\":\"\",\"status\":200,\"duration_ms\":12.345,"
                + #""reused":true,"trace_id":"00000000000000010000000000000002","span_id":"0000000000000003"}"#
                + "\n")
    }
}
