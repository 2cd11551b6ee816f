import Foundation
import Observability
import Pipeline
import Testing

@testable import IDPServer

struct RequestEventTests {
    private static let good: [String: String] = [
        "request_id": "\"r-1\"", "s3_path": "\"a/b.pdf\"", "iin": "\"850101300123\"", "first_name": "\"Данияр\"",
        "last_name": "\"Ахметов\"", "second_name": "\"Маратович\"", "document_type": "\"sick_leave\"",
    ]

    /// A good event with members that are other, or not there.
    private func event(_ change: [String: String?] = [:]) -> [UInt8] {
        let members = Self.good.merging(change.compactMapValues { $0 }) { $1 }
            .filter { change[$0.key] == nil || change[$0.key]! != nil }
        return Array(("{" + members.map { "\"\($0)\": \($1)" }.joined(separator: ",") + "}").utf8)
    }

    private func read(_ bytes: [UInt8]?) throws -> RequestEvent { try RequestEvent(bytes, buckets: ["incoming", "b"]) }

    private func mistakes(_ bytes: [UInt8]?) throws -> [String] {
        let error = try #require(throws: ServiceError.self) { try read(bytes) }
        #expect(error.code == .validationError && !error.isRetryable)
        return error.fields.map(\.field)
    }

    @Test func readsWhatItSays() throws {
        let event = try read(event())
        #expect(event.requestID == "r-1")
        #expect(event.document == S3Key(bucket: "incoming", key: "a/b.pdf"))
        #expect(event.fio.text == "Ахметов Данияр Маратович")
    }

    @Test func takesWhatIsOptionalAwayAndWhatIsUnknownAlong() throws {
        for absent in [nil, "null", "\"\"", "\" \""] as [String?] {
            #expect(try read(event(["second_name": absent])).fio.text == "Ахметов Данияр")
        }
        for type in [nil, "null", "4", "[\"x\"]"] as [String?] { _ = try read(event(["document_type": type])) }
        _ = try read(event(["unheard_of": "{\"a\":[1]}"]))
        #expect(try read(event(["s3_path": "\"s3://b/c.pdf\""])).document.bucket == "b")
        #expect(try read(event(["request_id": "12345"])).requestID == "12345")
    }

    /// As a number an iin has lost the zeros that it began with.
    @Test(arguments: [
        ("\"850101300123\"", true), ("850101300123", true), ("\"001231500123\"", true), ("1231500123", true),
        ("10203500123", true), ("101500123", true), ("\"85010130012\"", false), ("\"8501013001234\"", false),
        ("\"85010130012x\"", false), ("\"８５０１０１３００１２３\"", false), ("123", false), ("0", false),
        ("-850101300123", false), ("8501013001234", false), ("850101300.5", false), ("true", false),
        ("[850101300123]", false), ("\"\"", false), ("\" 850101300123\"", false), ("9223372036854775808", false),
    ])
    func knowsAnIIN(value: String, isRight: Bool) throws {
        let bytes = event(["iin": value])
        if isRight { _ = try read(bytes) } else { #expect(try mistakes(bytes) == ["iin"]) }
    }

    @Test func aNumberAndItsTextAreTheSameRequest() throws {
        let text = try read(event(["iin": "\"001231500123\""]))
        #expect(try read(event(["iin": "1231500123"])).fingerprint == text.fingerprint)
        #expect(try read(event(["document_type": nil])).fingerprint == read(event()).fingerprint)
        for other in [
            ["iin": "\"850101300124\""], ["request_id": "\"r-2\""], ["s3_path": "\"a/c.pdf\""],
            ["first_name": "\"Дана\""],
        ] { #expect(try read(event(other)).fingerprint != read(event()).fingerprint) }
    }

    @Test func namesEveryMistakeAndNoValue() throws {
        for name in ["request_id", "s3_path", "iin", "first_name", "last_name"] {
            for value in [nil, "null", "{}"] as [String?] { #expect(try mistakes(event([name: value])) == [name]) }
        }
        #expect(try mistakes(event(["second_name": "5"])) == ["second_name"])
        #expect(try mistakes(event(["request_id": "\"a b\""])) == ["request_id"])
        #expect(try mistakes(event(["s3_path": "\"../secret\""])) == ["s3_path"])
        #expect(try mistakes(event(["s3_path": "\"s3://other/a\""])) == ["s3_path"])
        #expect(try mistakes(event(["first_name": "\"R2D2\""])) == ["last_name, first_name, second_name"])
        #expect(Set(try mistakes(Array("{}".utf8))) == ["request_id", "s3_path", "iin", "first_name", "last_name"])
        let error = try #require(throws: ServiceError.self) {
            try read(event(["iin": "\"85010130012x\"", "first_name": "\"Данияр5\""]))
        }
        for text in [error.message] + error.fields.map(\.message) {
            #expect(!text.contains("85010130012x") && !text.contains("Данияр5"))
        }
    }

    @Test(arguments: [
        nil, "", "null", "[]", "\"text\"", "{", "{\"request_id\":\"r\"}x", "\u{1}",
        String(repeating: "[", count: 60_000),
    ] as [String?])
    func refusesWhatIsNoEvent(text: String?) throws {
        #expect(try mistakes(text.map { Array($0.utf8) }).isEmpty)
        #expect(RequestEvent.requestID(in: text.map { Array($0.utf8) }) == nil)
    }

    @Test func refusesOtherEncodingsAndWhatIsTooLarge() throws {
        #expect(try mistakes([0xFF, 0xFE] + Array("{}".utf8)).isEmpty)
        let utf16 = String(decoding: event(), as: UTF8.self).data(using: .utf16LittleEndian) ?? Data()
        #expect(try mistakes(Array(utf16)).isEmpty)
        let filler = "\"" + String(repeating: "x", count: RequestEvent.bytesMax) + "\""
        #expect(try mistakes(event(["filler": filler])).isEmpty)
    }

    /// Whoever waits for an answer to a broken event is told, if the event says who that is.
    @Test func findsTheRequestInABrokenEvent() {
        #expect(RequestEvent.requestID(in: event(["iin": "1", "s3_path": nil])) == "r-1")
        #expect(RequestEvent.requestID(in: event(["request_id": "7"])) == "7")
        #expect(RequestEvent.requestID(in: event(["request_id": "\"not ok\""])) == nil)
    }
}
