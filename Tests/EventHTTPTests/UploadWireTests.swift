import Glibc
import struct TestSupport.SeededRandom
import Testing

@testable import EventHTTP

/// Bodies over the wire: policy before the body, sinks, limits, files that stay and files that go.
@Suite struct UploadWireTests {
    private static func part(_ disposition: String, _ content: [UInt8], type: String = "") -> [UInt8] {
        Array("--b\r\nContent-Disposition: form-data; \(disposition)\r\n\(type)\r\n".utf8) + content
            + Array("\r\n".utf8)
    }

    private static func form(_ parts: [[UInt8]], fields: String = "", close: String = "--b--\r\n") -> [UInt8] {
        let body = parts.flatMap { $0 } + Array(close.utf8)
        let head = formHead + "Content-Length: \(body.count)\r\n\(fields)\r\n"
        return Array(head.utf8) + body
    }

    private static let formHead =
        "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n"

    private static func sha256(_ bytes: [UInt8]) -> String {
        let digest = SHA256Digest()
        bytes.withUnsafeBytes { digest.update($0) }
        return TestResponder.hex(digest.finish())
    }

    static func noise(_ count: Int) -> [UInt8] {
        var state: UInt32 = 12345
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(truncatingIfNeeded: state >> 24)
        }
    }

    // MARK: Policy before the body

    @Test func continueIsSaidOnlyWhenTheBodyIsWanted() throws {
        let server = try ServerUnderTest()
        let wanted = try server.connect()
        wanted.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        #expect(try wanted.readAnswer(skippingInterim: false).status == 100)
        wanted.send("hello")
        #expect(try wanted.readAnswer().text == "5 \(Self.sha256(Array("hello".utf8)))")
        for (path, length, status) in [("/refused", 5, 401), ("/echo", 99_999_999, 413), ("/form", 5, 415)] {
            let client = try server.connect()
            client.send("POST \(path) HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: \(length)\r\n\r\n")
            #expect(try client.readAnswer(skippingInterim: false).status == status)
            #expect(try client.isClosedByPeer())
        }
        // One that has begun to send does not wait.
        let eager = try server.connect()
        eager.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello")
        #expect(try eager.readAnswer(skippingInterim: false).status == 200)
    }

    @Test func aRefusalCanBeReadByAClientThatSendsOn() throws {
        let server = try ServerUnderTest(limits: { $0.drainTime = .seconds(60) })
        for head in [
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n",
            "POST /collect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n", "BROKEN\r\n\r\n",
        ] {
            let client = try server.connect()
            client.send(head)
            client.send([UInt8](repeating: 97, count: 900_000))
            #expect([400, 413].contains(try client.readAnswer().status))
        }
    }

    @Test func theDrainAfterARefusalEnds() throws {
        let server = try ServerUnderTest(limits: { $0.drainTime = .milliseconds(300) })
        let client = try server.connect()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n")
        #expect(try client.readAnswer().status == 413)
        #expect(eventually { server.server.statistics().connectionsOpen == 0 })
        let flood = try server.connect()
        flood.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n")
        var sent = 0
        let piece = [UInt8](repeating: 97, count: 100_000)
        while sent < 60_000_000 && flood.send(piece) { sent += piece.count }
        #expect(sent < 60_000_000)
    }

    @Test func aChunkedBodyIsCounted() throws {
        let server = try ServerUnderTest()
        let client = try server.connect()
        client.send("POST /collect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<20 { client.send("2000\r\n" + String(repeating: "a", count: 0x2000) + "\r\n") }
        #expect(try client.readAnswer().status == 413)
    }

    // MARK: Sinks

    @Test(arguments: [1, 1000, 70_000, 1 << 20]) func aLargeBodyIsHashed(_ piece: Int) throws {
        let server = try ServerUnderTest()
        let content = Self.noise(piece == 1 ? 3000 : 3_000_000)
        let client = try server.connect()
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(content.count)\r\n\r\n")
        client.send(content, inPiecesOf: piece)
        #expect(try client.readAnswer().text == "\(content.count) \(Self.sha256(content))")
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        var offset = 0
        while offset < content.count {
            let end = min(offset + piece, content.count)
            client.send(Array("\(String(end - offset, radix: 16));x=y\r\n".utf8) + content[offset..<end] + [13, 10])
            offset = end
        }
        client.send("0\r\nX-Trailer: 1\r\n\r\n")
        #expect(try client.readAnswer().text == "\(content.count) \(Self.sha256(content))")
        #expect(server.responder.ended.count == 2)
        #expect(server.responder.ended[0].record.bytesIn == content.count)
    }

    @Test func aFormArrives() throws {
        let server = try ServerUnderTest()
        for size in [0, 1, 5000, 256 << 10, (256 << 10) + 1, 2_000_000] {
            let file = Self.noise(size)
            let client = try server.connect()
            let request = Self.form([
                Self.part("name=\"fio\"", Array("Иванов Иван".utf8)),
                Self.part("name=\"file\"; filename=\"скан.pdf\"", file, type: "Content-Type: application/pdf\r\n"),
                Self.part("name=\"note\"", Array("a\r\nb".utf8)),
            ])
            client.send(request, inPiecesOf: size == 5000 ? 1 : 50_000)
            #expect(
                try client.readAnswer().text
                    == "field fio=Иванов Иван\nfield note=a\r\nb\n"
                    + "file file|скан.pdf|application/pdf|\(size)|\(Self.sha256(file))"
            )
        }
        #expect(eventually { server.spooledFiles == 0 && server.spool.bytesInUse == 0 })
        #expect(server.spool.bytesBuffered == 0)
    }

    /// Content is read to where it is written from. What looks like a delimiter, the parts behind a file and a request
    /// behind the body may then lie in the same memory, cut up anywhere.
    @Test func contentThatIsReadInPlaceArrivesWhole() throws {
        let server = try ServerUnderTest()
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(seed)
        let alike = ["\r", "\r\n", "\r\n-", "\r\n--", "\r\n--b-", "\r\n--bc", "\r\n--b \r", "\r\n--b\r", "\r\r\n--"]
        for round in 0..<12 {
            var files: [[UInt8]] = [[], []]
            for file in files.indices {
                for _ in 0..<(2 + random.below(40)) {
                    files[file] += Self.noise(random.below(30_000)) + Array(random.pick(alike).utf8) + [120]
                }
            }
            let request = Self.form([
                Self.part("name=\"file\"; filename=\"a\"", files[0]), Self.part("name=\"fio\"", Array("Иванов".utf8)),
                Self.part("name=\"file\"; filename=\"b\"", files[1]), Self.part("name=\"note\"", [49]),
            ])
            let client = try server.connect()
            let next = Array("GET /health HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            client.send(request + next, inPiecesOf: random.pick([700, 33_000, 70_000, 1 << 22]))
            let answer = try client.readAnswer().text
            let expected = "field fio=Иванов\nfield note=1\n"
                + zip(["a", "b"], files).map { "file file|\($0)|-|\($1.count)|\(Self.sha256($1))" }
                .joined(separator: "\n")
            #expect(answer == expected, "seed \(seed), round \(round)")
            #expect(try client.readAnswer().status == 200, "seed \(seed), round \(round)")
        }
        #expect(eventually { server.spooledFiles == 0 && server.spool.bytesBuffered == 0 })
    }

    @Test func whatIsWrongWithAFormIsSaid() throws {
        let server = try ServerUnderTest(plan: {
            $0.fileLimitBytes = 100_000
            $0.fieldLimitBytes = 100
            $0.partsLimit = 3
            $0.bodyLimitBytes = 500_000
        })
        let file = Self.part("name=\"file\"; filename=\"a\"", Self.noise(300_000))
        let small = Self.part("name=\"a\"", [49])
        let rows: [(String, [UInt8], Refusal)] = [
            ("file too large", Self.form([file]), .bodyTooLarge(limit: 100_000)),
            ("body too large", Self.form([file, file]), .bodyTooLarge(limit: 500_000)),
            (
                "field too long", Self.form([Self.part("name=\"fio\"", Self.noise(101))]),
                .invalidPart(field: "fio", reason: "it is longer than 100 bytes")
            ),
            (
                "too many parts", Self.form([small, small, small, small]),
                .malformedMultipart("the form has more than 3 parts")
            ),
            ("no end", Self.form([small], close: "--b\r\n"), .malformedMultipart("the closing boundary is missing")),
            (
                "no end after a file", Self.form([Self.part("name=file", [1, 2, 3])], close: ""),
                .malformedMultipart("the closing boundary is missing")
            ),
            ("no name", Self.form([Self.part("filename=a", [49])]), .malformedMultipart("a part has no name")),
            (
                "another type",
                Array(
                    "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
                        .utf8),
                .unsupportedMediaType
            ),
        ]
        for (name, request, refusal) in rows {
            let client = try server.connect()
            client.send(request)
            #expect(try client.readAnswer().status == refusal.status, "\(name)")
            #expect(server.responder.refusals.last == refusal, "\(name)")
        }
        #expect(server.responder.ended.map(\.record.status).sorted() == rows.map(\.2.status).sorted())
        #expect(
            eventually { server.spooledFiles == 0 && server.spool.bytesInUse == 0 && server.spool.bytesBuffered == 0 })
    }

    @Test func anAbortedUploadLeavesNothing() throws {
        let server = try ServerUnderTest()
        let request = Self.form([Self.part("name=\"file\"; filename=\"a\"", Self.noise(2_000_000))])
        for size in [300, 300_000, 1_999_000] {
            let client = try server.connect()
            client.send(Array(request[..<size]))
            // A reset takes unread bytes away with it: the front has to have seen the request.
            #expect(eventually { server.server.statistics().requestsInFlight == 1 })
            #expect(eventually { size < 300_000 || server.spooledFiles > 0 })
            client.reset()
            #expect(eventually { server.server.statistics().requestsInFlight == 0 })
        }
        #expect(eventually { server.responder.ended.count == 3 })
        #expect(server.responder.ended.allSatisfy { $0.record.status == 499 })
        #expect(
            eventually { server.spooledFiles == 0 && server.spool.bytesInUse == 0 && server.spool.bytesBuffered == 0 })
    }

    @Test func aSpoolThatCannotBeWrittenIsSaid() throws {
        let server = try ServerUnderTest()
        rmdir(server.directory + "/spool")
        for size in [100, 3_000_000] {
            let client = try server.connect()
            client.send(Self.form([Self.part("name=\"file\"; filename=\"a\"", Self.noise(size))]))
            #expect(try client.readAnswer().status == 502)
        }
        #expect(server.responder.refusals == [.spoolFailed(isFull: false), .spoolFailed(isFull: false)])
        mkdir(server.directory + "/spool", 0o700)
        let client = try server.connect()
        client.send(Self.form([Self.part("name=\"file\"; filename=\"a\"", [1])]))
        #expect(try client.readAnswer().status == 200)
    }

    @Test func aFullDiskIsKnown() {
        #expect(UploadSpoolError(call: "write", code: ENOSPC).isFull)
        #expect(UploadSpoolError(call: "write", code: EDQUOT).isFull)
        #expect(!UploadSpoolError(call: "write", code: EIO).isFull)
        #expect(Refusal.spoolFailed(isFull: true).status == 507)
    }

    @Test func memoryStaysBoundedWhateverTheSize() throws {
        let server = try ServerUnderTest(plan: {
            $0.bodyLimitBytes = 1 << 30
            $0.fileLimitBytes = 1 << 30
        })
        let client = try server.connect()
        let piece = Self.noise(1 << 20)
        client.send(
            Self.formHead + "Transfer-Encoding: chunked\r\n\r\n"
        )
        func chunk(_ bytes: [UInt8]) -> [UInt8] {
            Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [13, 10]
        }
        client.send(chunk(Array("--b\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n".utf8)))
        let packet = chunk(piece)
        client.send(packet)
        let before = residentBytes()
        var most = before
        for _ in 0..<200 {
            client.send(packet)
            most = max(most, residentBytes())
        }
        client.send(chunk(Array("\r\n--b--".utf8)) + Array("0\r\n\r\n".utf8))
        #expect(try client.readAnswer().text.contains("|\(201 << 20)|"))
        // Other tests run beside this one: the bound is far above what one upload may take and far below the file.
        #expect(most - before < 100 << 20)
    }

    private func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, 256, file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return (Int(text.split(separator: " ")[1]) ?? 0) * 4096
    }

    // MARK: Streams

    @Test func aStreamIsSentInChunks() throws {
        let server = try ServerUnderTest()
        let client = try server.connect()
        client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(eventually { server.responder.streams.count == 1 })
        let stream = server.responder.streams[0]
        #expect(stream.write(Array("one ".utf8)))
        #expect(stream.write([UInt8](repeating: 120, count: 300_000)))
        stream.finish()
        let answer = try client.readAnswer()
        #expect(answer.field("Transfer-Encoding") == "chunked")
        #expect(answer.body.count == 300_004)
        #expect(try client.readAnswer().status == 200)
        #expect(eventually { stream.isClosed })
    }

    @Test func aStreamToHTTP10EndsWithTheConnection() throws {
        let server = try ServerUnderTest()
        let client = try server.connect()
        client.send("GET /stream HTTP/1.0\r\n\r\n")
        #expect(eventually { server.responder.streams.count == 1 })
        server.responder.streams[0].write(Array("text".utf8))
        server.responder.streams[0].finish()
        let answer = try client.readAnswer()
        #expect(answer.field("Transfer-Encoding") == nil)
        #expect(answer.text == "text")
    }

    @Test func aStreamLearnsThatNobodyReads() throws {
        let server = try ServerUnderTest()
        let client = try server.connect()
        client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(eventually { server.responder.streams.count == 1 })
        client.reset()
        let stream = server.responder.streams[0]
        #expect(eventually { stream.isClosed })
        #expect(!stream.write([1]))
        #expect(eventually { server.responder.ended.count == 1 })
    }
}
