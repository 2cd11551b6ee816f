import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The pages of a judged document, as a clerk looks at them.
    @Suite struct PageTests {
        @Test(arguments: [try SampleDocument.good(), try SampleDocument.scanned()])
        func showsAPageWithItsSizeForTheBoxes(_ sample: SampleDocument) async throws {
            let server = try await SharedServer.get()
            let run = try await judged(sample, server)
            let result = try await server.client.get("/v1/jobs/\(run)/result")
            let size = result.json["page_sizes"][0]
            let (width, height) = (try #require(size["width"].number), try #require(size["height"].number))
            for field in ["doc_type", "fio", "doc_date"] {
                let box = result.json["extracted"][field]["box"]
                let (x, y) = (try #require(box["x"].number), try #require(box["y"].number))
                #expect(x >= 0 && x + (box["width"].number ?? .infinity) <= width, "\(field) in \(result.text)")
                #expect(y >= 0 && y + (box["height"].number ?? .infinity) <= height, "\(field) in \(result.text)")
            }
            let page = try await server.client.get("/v1/jobs/\(run)/pages/1")
            #expect(page.status == 200)
            #expect(page.field("Content-Type") == "image/jpeg")
            #expect(page.field("Cache-Control") == "no-store")
            let shown = try #require(Self.size(ofJPEG: page.body))
            #expect(max(shown.width, shown.height) <= 1600)
            #expect(abs(Double(shown.height) / Double(shown.width) - height / width) < 0.01)
        }

        @Test(arguments: ["0", "2", "-1", "01", "one", "99999999999999999999"])
        func knowsNoOtherPage(_ page: String) async throws {
            let server = try await SharedServer.get()
            let run = try await judged(try SampleDocument.good(), server)
            let answer = try await server.client.get("/v1/jobs/\(run)/pages/\(page)")
            #expect(answer.status == 404)
            #expect(answer.json["detail"]["code"].string == "NOT_FOUND", "\(answer.text)")
        }

        @Test(arguments: ["01890a5d-ac96-774b-bcce-b302099a8057", "x"])
        func knowsNoPageOfAnUnknownRun(_ run: String) async throws {
            let server = try await SharedServer.get()
            let answer = try await server.client.get("/v1/jobs/\(run)/pages/1")
            #expect(answer.status == 404)
            #expect(answer.json["detail"]["code"].string == "JOB_NOT_FOUND", "\(answer.text)")
        }

        @Test func aRunThatCouldNotBeJudgedHasNoPages() async throws {
            let server = try await SharedServer.get()
            let form = MultipartForm.document(Array("%PDF-1.4 nothing".utf8), named: "a.pdf", fio: "Ахметова Айгуль")
            let answer = try await server.client.post("/v1/jobs", form)
            let run = try #require(answer.json["run_id"].string, "\(answer.text)")
            try await eventually(
                "the run failed", within: .seconds(60),
                that: { try await server.client.get("/v1/jobs/\(run)").json["status"].string == "failed" })
            let page = try await server.client.get("/v1/jobs/\(run)/pages/1")
            #expect(page.status == 404, "\(page.text)")
            let result = try await server.client.get("/v1/jobs/\(run)/result")
            #expect(result.json["page_sizes"].isNull)
        }

        private func judged(_ sample: SampleDocument, _ server: ServerProcess) async throws -> String {
            let answer = try await server.client.post("/v1/process", sample.form())
            return try #require(answer.json["run_id"].string, "\(answer.text)")
        }

        /// What the frame header says (ITU-T T.81, B.2.2).
        private static func size(ofJPEG bytes: [UInt8]) -> (width: Int, height: Int)? {
            var at = 2
            while at + 9 < bytes.count, bytes[at] == 0xFF {
                let number = { (offset: Int) in Int(bytes[at + offset]) << 8 | Int(bytes[at + offset + 1]) }
                if (0xC0...0xC2).contains(bytes[at + 1]) { return (number(7), number(5)) }
                at += 2 + number(2)
            }
            return nil
        }
    }
}
