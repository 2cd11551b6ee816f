import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite struct ProcessTests {
        /// The heart of the service: each committed paper gets the verdict that a clerk would give.
        @Test(arguments: try SampleDocument.all())
        func judgesTheSamplesRightly(_ sample: SampleDocument) async throws {
            let server = try await SharedServer.get()
            let answer = try await server.client.post("/v1/process", sample.form())
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.json["verdict"].bool == sample.verdict, "\(answer.text)")
            #expect(answer.json["errors"].strings?.sorted() == sample.errors.sorted(), "\(answer.text)")
            let run = try #require(answer.json["run_id"].string)
            #expect(UUID(uuidString: run) != nil)
        }

        @Test func theSamplesHaveEachReasonAndEachForm() throws {
            let samples = try SampleDocument.all()
            #expect(samples.filter(\.verdict).count >= 5)
            let reasons: Set = [
                "DOC_DATE_TOO_OLD", "MULTIPLE_DOCUMENTS", "FIO_MISMATCH", "DOC_TYPE_UNKNOWN", "DOC_DATE_MISSING",
                "FIO_MISSING",
            ]
            #expect(Set(samples.flatMap(\.errors)) == reasons)
            #expect(Set(samples.map(\.url.pathExtension)) == ["pdf", "jpg", "png", "tif"])
        }

        @Test func aSyncRunIsFoundLikeAJob() async throws {
            let server = try await SharedServer.get()
            let sample = try SampleDocument.first { $0.errors == ["FIO_MISMATCH"] }
            let answer = try await server.client.post("/v1/process", sample.form())
            let run = try #require(answer.json["run_id"].string)
            let status = try await server.client.get("/v1/jobs/\(run)")
            #expect(status.status == 200)
            #expect(status.json["run_id"].string == run)
            #expect(status.json["status"].string == "completed")
            #expect(status.json["verdict"].bool == false)
            #expect(status.json["errors"].strings == ["FIO_MISMATCH"])
        }

        @Test func theResultGivesFieldsChecksAndStages() async throws {
            let server = try await SharedServer.get()
            let sample = try SampleDocument.good()
            let answer = try await server.client.post("/v1/process", sample.form())
            let run = try #require(answer.json["run_id"].string)
            let result = try await server.client.get("/v1/jobs/\(run)/result")
            #expect(result.status == 200)
            for field in ["doc_type", "single_doc_type", "fio", "doc_date"] {
                let found = result.json["extracted"][field]
                #expect(!found["value"].isNull, "\(field): \(result.text)")
                let confidence = try #require(found["confidence"].number, "\(field)")
                #expect((0...1).contains(confidence))
                #expect(found["source"].string?.isEmpty == false, "\(field)")
            }
            for field in ["doc_type", "fio", "doc_date"] {
                // What a clerk looks for: the page, the place on it, the words there and how they were read.
                let found = result.json["extracted"][field]
                #expect(found["page"].int == 1, "\(field)")
                let width = try #require(found["box"]["width"].number, "\(field)")
                #expect(width > 0, "\(field)")
                #expect(found["words"].string?.isEmpty == false, "\(field)")
                #expect(["text_layer", "ocr"].contains(found["read_from"].string), "\(field)")
            }
            for check in ["fio_match", "doc_type_known", "doc_date_valid", "single_doc_type"] {
                #expect(result.json["checks"][check]["passed"].bool == true, "\(check)")
                #expect(result.json["checks"][check]["why"].string?.isEmpty == false, "\(check)")
            }
            #expect(result.json["needs_review"].bool == false)
            let confidence = try #require(result.json["review"]["confidence"].number)
            let least = try #require(
                ["doc_type", "single_doc_type", "fio", "doc_date"]
                    .compactMap { result.json["extracted"][$0]["confidence"].number }.min())
            // A positive verdict falls with any of its fields.
            #expect(confidence <= least && confidence > 0.8)
            #expect(result.json["stages"].array?.isEmpty == false)
        }

        @Test func aRunBelowTheThresholdNeedsReviewAndKeepsItsVerdict() async throws {
            let server = try await ServerProcess.start(["IDP_REVIEW_BELOW": "100"])
            let sample = try SampleDocument.good()
            let answer = try await server.client.post("/v1/process", sample.form())
            #expect(answer.json["verdict"].bool == true)
            let run = try #require(answer.json["run_id"].string)
            let result = try await server.client.get("/v1/jobs/\(run)/result")
            #expect(result.json["needs_review"].bool == true, "\(result.text)")
            #expect(result.json["review"]["threshold"].number == 1)
            #expect(result.json["review"]["why"].string?.contains("least sure") == true)
            #expect(result.json["verdict"].bool == true)
        }

        @Test func takesWhatCurlSends() async throws {
            let server = try await SharedServer.get()
            let sample = try SampleDocument.good()
            let curl = try await Command.run(
                "curl",
                [
                    "-sS", "-F", "file=@\(sample.url.path)", "-F", "fio=\(sample.fio)",
                    "http://127.0.0.1:\(server.port)/v1/process",
                ])
            let answer = try JSONValue(parsing: curl.output)
            #expect(answer["verdict"].bool == true, "\(curl.output)")
        }

        @Test(arguments: ["Справка о доходах.pdf", "скан «1»; копия.pdf", "с пробелом, запятая.PDF", "quo\"te.pdf"])
        func takesCyrillicFileNamesFromCurl(_ name: String) async throws {
            let server = try await SharedServer.get()
            let sample = try SampleDocument.good()
            let folder = try TemporaryDirectory()
            try folder.write(try sample.bytes(), to: name)
            let quoted = name.replacingOccurrences(of: "\"", with: "\\\"")
            let curl = try await Command.run(
                "curl",
                [
                    "-sS", "-F", "file=@\"\(quoted)\"", "-F", "fio=\(sample.fio)",
                    "http://127.0.0.1:\(server.port)/v1/process",
                ],
                directory: folder.path)
            let answer = try JSONValue(parsing: curl.output)
            #expect(answer["verdict"].bool == true, "\(curl.output) \(curl.errors)")
        }

        /// Python's requests writes a name that is not ASCII as RFC 5987's `filename*`.
        @Test(arguments: ["scan.pdf", "Справка о доходах.pdf", "анықтама №1.pdf"])
        func takesWhatPythonRequestsSends(_ name: String) async throws {
            let server = try await SharedServer.get()
            let sample = try SampleDocument.good()
            let upload = try await Command.python(
                "Tests/Tools/upload_with_requests.py",
                ["http://127.0.0.1:\(server.port)/v1/process", sample.url.path, sample.fio, name])
            let answer = try JSONValue(parsing: upload.output)
            #expect(answer["status"].int == 200, "\(upload.output) \(upload.errors)")
            #expect(answer["body"]["verdict"].bool == true, "\(upload.output)")
        }

        /// The bytes say what a document is; its name and its declared type may be wrong.
        @Test(arguments: ["document.png", "document", "document.exe", "DOCUMENT.PDF", "документ.txt"])
        func believesTheBytesRatherThanTheName(_ name: String) async throws {
            let server = try await SharedServer.get()
            let sample = try SampleDocument.good()
            let form = MultipartForm.document(try sample.bytes(), named: name, type: "image/png", fio: sample.fio)
            let answer = try await server.client.post("/v1/process", form)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.json["verdict"].bool == true)
        }

        @Test func takesAFormWithPreambleAndWithoutPartTypes() async throws {
            let server = try await SharedServer.get()
            let sample = try SampleDocument.good()
            var form = MultipartForm()
            form.field("fio", sample.fio)
            form.file("file", name: "a.pdf", type: nil, try sample.bytes())
            let body = Array("This is a preamble.\r\n".utf8) + form.body + Array("and an epilogue".utf8)
            let answer = try await server.client.send(
                "POST", "/v1/process", fields: [("Content-Type", form.contentType)], body: body)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.json["verdict"].bool == true)
        }

        @Test func takesAChunkedUpload() async throws {
            let server = try await SharedServer.get()
            let sample = try SampleDocument.good()
            let curl = try await Command.run(
                "curl",
                [
                    "-sS", "-H", "Transfer-Encoding: chunked", "-F", "file=@\(sample.url.path)", "-F",
                    "fio=\(sample.fio)", "http://127.0.0.1:\(server.port)/v1/process",
                ])
            #expect(try JSONValue(parsing: curl.output)["verdict"].bool == true, "\(curl.output)")
        }

        @Test func respondAsyncTurnsItIntoAJob() async throws {
            let server = try await SharedServer.get()
            let sample = try SampleDocument.good()
            let answer = try await server.client.post(
                "/v1/process", sample.form(), fields: [("Prefer", "respond-async")])
            #expect(answer.status == 202, "\(answer.text)")
            let run = try #require(answer.json["run_id"].string)
            #expect(answer.field("Location") == "/v1/jobs/\(run)")
            #expect(try await server.end(of: run)["verdict"].bool == true)
        }
    }
}
