import Foundation
import TestSupport
import Testing

/// A form that must be refused, and with what.
struct BadForm: Sendable, CustomStringConvertible {
    var description: String
    var form: MultipartForm
    var status: Int
    var code: String
    /// The field that the answer must name, if one is at fault.
    var field: String?
}

extension EndToEnd {
    /// The server is asked for what it cannot do, and after each of it still does what it can.
    @Suite struct BadInputTests {
        static let fio = "Ахметов Данияр Маратович"

        static func forms() throws -> [BadForm] {
            let document = try SampleDocument.good().bytes()
            let program = Array("\u{7F}ELF".utf8) + [UInt8](repeating: 0, count: 4_000)
            func validation(_ description: String, _ field: String, _ form: MultipartForm) -> BadForm {
                BadForm(description: description, form: form, status: 422, code: "VALIDATION_ERROR", field: field)
            }
            func named(_ fio: String) -> MultipartForm { .document(document, named: "a.pdf", fio: fio) }
            var noFile = MultipartForm()
            noFile.field("fio", fio)
            var invalidUTF8 = MultipartForm()
            invalidUTF8.file("file", name: "a.pdf", type: nil, document)
            invalidUTF8.field("fio", bytes: [0xD0, 0x90, 0xFF, 0xFE, 0x20, 0xC3, 0x28])
            return [
                validation("no file", "file", noFile),
                validation("an empty file", "file", .document([], named: "a.pdf", fio: fio)),
                validation("fio missing", "fio", .document(document, named: "a.pdf", fio: nil)),
                validation("fio empty", "fio", named("")),
                validation("fio of spaces", "fio", named("       ")),
                validation("fio of one word", "fio", named("Ахметов")),
                validation("fio of digits", "fio", named("123 456")),
                validation("fio with a digit", "fio", named("Ахметов Данияр2")),
                validation("fio with markup", "fio", named("Ахметов <b>Данияр</b>")),
                validation("fio of 10,000 characters", "fio", named(String(repeating: "Ах ", count: 3_334))),
                validation("fio of invalid UTF-8", "fio", invalidUTF8),
                BadForm(
                    description: "text under a PDF's name",
                    form: .document(Array("Просто текст".utf8), named: "a.pdf", type: "application/pdf", fio: fio),
                    status: 400, code: "UNSUPPORTED_FILE_TYPE"),
                BadForm(
                    description: "a program under a JPEG's name",
                    form: .document(program, named: "a.jpg", fio: fio),
                    status: 400, code: "UNSUPPORTED_FILE_TYPE"),
            ]
        }

        @Test(arguments: try forms(), ["/v1/process", "/v1/jobs"])
        func aBadFormIsRefusedByName(_ bad: BadForm, _ path: String) async throws {
            let server = try await SharedServer.get()
            let answer = try await server.client.post(path, bad.form)
            #expect(answer.status == bad.status, "\(answer.text)")
            #expect(answer.errorCode == bad.code, "\(answer.text)")
            if let field = bad.field {
                let detail = answer.json["detail"]
                #expect(
                    detail["fields"].array?.isEmpty == false && answer.text.contains("\"\(field)\""),
                    "the field \(field) is not named: \(answer.text)")
            }
            try await expectAlive(server)
        }

        @Test(arguments: ["/v1/process", "/v1/jobs"])
        func aFileOf51MiBIsTooLarge(_ path: String) async throws {
            let server = try await SharedServer.get()
            var bytes = try SampleDocument.good().bytes()
            bytes += [UInt8](repeating: 0x20, count: 51 << 20)
            let form = MultipartForm.document(bytes, named: "big.pdf", fio: Self.fio)
            let answer = try await server.client.post(path, form)
            #expect(answer.status == 413, "\(answer.text)")
            #expect(answer.errorCode == "FILE_TOO_LARGE")
            try await expectAlive(server)
        }

        @Test func aChunkedFileOf51MiBIsTooLargeToo() async throws {
            let server = try await SharedServer.get()
            let folder = try TemporaryDirectory()
            var bytes = try SampleDocument.good().bytes()
            bytes += [UInt8](repeating: 0x20, count: 51 << 20)
            let file = try folder.write(bytes, to: "big.pdf")
            let curl = try await Command.run(
                "curl",
                [
                    "-sS", "-H", "Transfer-Encoding: chunked", "-H", "Expect:", "-F", "file=@\(file.path)", "-F",
                    "fio=\(Self.fio)", "-w", "\n%{http_code}", "http://127.0.0.1:\(server.port)/v1/process",
                ])
            #expect(curl.output.hasSuffix("413"), "\(curl.output) \(curl.errors)")
            #expect(curl.output.contains("FILE_TOO_LARGE"))
            try await expectAlive(server)
        }

        static let brokenBodies: [(String, String, [UInt8])] = {
            let type = "multipart/form-data; boundary=b"
            let head = "--b\r\nContent-Disposition: form-data; name=\"fio\"\r\n\r\n"
            return [
                ("never closed", type, Array((head + "Ахметов Данияр").utf8)),
                ("no delimiter at all", type, Array("just bytes".utf8)),
                ("no boundary parameter", "multipart/form-data", Array((head + "x\r\n--b--\r\n").utf8)),
                ("another boundary", "multipart/form-data; boundary=c", Array((head + "x\r\n--b--\r\n").utf8)),
                ("a part without disposition", type, Array("--b\r\nX-A: 1\r\n\r\nx\r\n--b--\r\n".utf8)),
                ("a part head that never ends", type, Array("--b\r\nContent-Disposition: form-data".utf8)),
                ("an empty body", type, []),
            ]
        }()

        @Test(arguments: brokenBodies, ["/v1/process", "/v1/jobs"])
        func brokenMultipartIsRefused(_ body: (String, String, [UInt8]), _ path: String) async throws {
            let server = try await SharedServer.get()
            let answer = try await server.client.send(
                "POST", path, fields: [("Content-Type", body.1)], body: body.2)
            let outcome = "\(answer.status) \(answer.errorCode ?? "no code")"
            #expect(["400 BAD_REQUEST", "422 VALIDATION_ERROR"].contains(outcome), "\(body.0): \(answer.text)")
            try await expectAlive(server)
        }

        @Test func aBodyThatEndsEarlyHarmsNobody() async throws {
            let server = try await SharedServer.get()
            let port = server.port
            try await blocking {
                let socket = try RawSocket(port: port)
                try socket.send(
                    "POST /v1/process HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                        + "Content-Length: 1000000\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"file\"")
                socket.reset()
            }
            try await expectAlive(server)
        }

        /// What only reading the document shows; made by a script, as broken files do not belong in the repository.
        @Test(arguments: [
            ("truncated.pdf", "DOCUMENT_UNREADABLE"), ("header-only.pdf", "DOCUMENT_UNREADABLE"),
            ("truncated.jpg", "DOCUMENT_UNREADABLE"), ("header-only.jpg", "DOCUMENT_UNREADABLE"),
            ("truncated.tif", "DOCUMENT_UNREADABLE"), ("png-60000.png", "DOCUMENT_UNREADABLE"),
            ("encrypted.pdf", "DOCUMENT_ENCRYPTED"), ("pages-10000.pdf", "TOO_MANY_PAGES"),
            ("pages-21.pdf", "TOO_MANY_PAGES"),
        ])
        func anUnreadableDocumentHasItsCode(_ name: String, _ code: String) async throws {
            let server = try await SharedServer.get()
            let folder = try await BadDocuments.get()
            let form = MultipartForm.document(
                Array(try Data(contentsOf: folder.file(name))), named: name, fio: Self.fio)
            let answer = try await server.client.post("/v1/process", form)
            #expect(answer.status == 422, "\(answer.text)")
            #expect(answer.errorCode == code, "\(answer.text)")

            // As a job it may be refused at once, or fail.
            let submitted = try await server.client.post("/v1/jobs", form)
            if submitted.status == 202 {
                let end = try await server.end(of: try #require(submitted.json["run_id"].string))
                #expect(end["status"].string == "failed")
                #expect(end["verdict"].isNull)
                #expect(end["errors"].strings == [code])
            } else {
                #expect(submitted.status == 422)
                #expect(submitted.errorCode == code)
            }
            try await expectAlive(server, judging: true)
        }
    }
}

/// The broken documents, made once for the run.
actor BadDocuments {
    private static let shared = BadDocuments()
    private var making: Task<TemporaryDirectory, any Error>?

    /// The folder that holds them.
    static func get() async throws -> TemporaryDirectory { try await shared.folder() }

    private func folder() async throws -> TemporaryDirectory {
        let task =
            making
            ?? Task {
                let folder = try TemporaryDirectory("bad-documents")
                let made = try await Command.python("Tests/Tools/make_bad_documents.py", [folder.path])
                try #require(made.succeeded, "\(made.errors)")
                return folder
            }
        making = task
        return try await task.value
    }
}
