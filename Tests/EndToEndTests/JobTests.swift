import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite struct JobTests {
        @Test func aJobIsAcceptedAndEndsWithItsVerdict() async throws {
            let server = try await SharedServer.get()
            let sample = try SampleDocument.scanned()
            let answer = try await server.client.post("/v1/jobs", sample.form())
            #expect(answer.status == 202)
            #expect(answer.json["status"].string == "accepted")
            let run = try #require(answer.json["run_id"].string)
            #expect(UUID(uuidString: run) != nil)
            #expect(answer.field("Location") == "/v1/jobs/\(run)")
            let pause = try #require(answer.field("Retry-After").flatMap { Int($0) })
            #expect(pause >= 1)

            let first = try await server.client.get("/v1/jobs/\(run)")
            #expect(first.status == 200)
            #expect(first.json["run_id"].string == run)
            if first.json["status"].string != "completed" {
                #expect(["accepted", "running"].contains(first.json["status"].string))
                #expect(first.json["verdict"].isNull)
                #expect(first.json["errors"].isNull)
                #expect(first.field("Retry-After").flatMap { Int($0) } != nil)
            }
            let end = try await server.end(of: run)
            #expect(end["status"].string == "completed")
            #expect(end["verdict"].bool == true)
            #expect(end["errors"].array?.isEmpty == true)
            let last = try await server.client.get("/v1/jobs/\(run)")
            #expect(last.field("Retry-After") == nil)
        }

        @Test func aRefusedDocumentIsACompletedJob() async throws {
            let server = try await SharedServer.get()
            let sample = try SampleDocument.first { $0.errors == ["DOC_DATE_TOO_OLD"] }
            let run = try await server.submit(sample.form())
            let end = try await server.end(of: run)
            #expect(end["status"].string == "completed")
            #expect(end["verdict"].bool == false)
            #expect(end["errors"].strings == ["DOC_DATE_TOO_OLD"])
        }

        @Test func aLongPollAnswersWhenTheJobEnds() async throws {
            let server = try await SharedServer.get()
            let run = try await server.submit(SampleDocument.scanned().form())
            var answer = try await server.client.get("/v1/jobs/\(run)?wait=30")
            // It answers on each change: accepted to running is one.
            for _ in 0..<3 where answer.json["status"].string != "completed" {
                answer = try await server.client.get("/v1/jobs/\(run)?wait=30")
            }
            #expect(answer.json["status"].string == "completed")
        }

        @Test func theRunFolderTellsTheRun() async throws {
            let server = try await ServerProcess.start()
            let sample = try SampleDocument.good()
            let run = try await server.submit(sample.form())
            _ = try await server.end(of: run)
            let files = server.directory.allFiles().map(\.path).filter { $0.contains(run) }
            func file(_ ending: String) throws -> URL {
                URL(fileURLWithPath: try #require(files.first { $0.hasSuffix(ending) }, "\(ending) in \(files)"))
            }
            let kept = try Data(contentsOf: file("/input/document.pdf"))
            #expect(Array(kept) == (try sample.bytes()))
            #expect(try file("/meta/job.json").path.contains(#/runs/\d{4}-\d{2}-\d{2}//#))
            let result = try JSONValue(parsing: Data(contentsOf: file("/meta/final_result.json")))
            #expect(result["run_id"].string == run)
            #expect(result["verdict"].bool == true)
            #expect(result["errors"].array?.isEmpty == true)
            let job = try JSONValue(parsing: Data(contentsOf: file("/meta/job.json")))
            #expect(job["status"].string == "completed")
            #expect(try JSONValue(parsing: Data(contentsOf: file("/meta/metadata.json"))).object != nil)
        }

        @Test func finalResultsCarryReasonsAsCodes() async throws {
            let server = try await ServerProcess.start()
            let sample = try SampleDocument.first { $0.errors == ["FIO_MISMATCH"] }
            let run = try await server.submit(sample.form())
            _ = try await server.end(of: run)
            let file = try #require(
                server.directory.allFiles().first { $0.path.hasSuffix("\(run)/meta/final_result.json") })
            let result = try JSONValue(parsing: Data(contentsOf: file))
            #expect(result["errors"][0]["code"].string == "FIO_MISMATCH")
        }

        @Test func manyJobsAtOnceAllEnd() async throws {
            let server = try await SharedServer.get()
            let sample = try SampleDocument.good()
            let runs = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<24 { group.addTask { try await server.submit(sample.form()) } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(runs.count == 24)
            for run in runs { #expect(try await server.end(of: run)["verdict"].bool == true) }
        }
    }
}
