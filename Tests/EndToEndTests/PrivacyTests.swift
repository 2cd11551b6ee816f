import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Names of applicants, file names and texts of papers stay out of what is logged, counted and traced.
    @Suite struct PrivacyTests {
        @Test func logsAndMetricsHoldNothingPersonal() async throws {
            let server = try await ServerProcess.start(["IDP_LOG_LEVEL": "DEBUG"])
            let samples = try SampleDocument.all()
            for sample in samples {
                let form = MultipartForm.document(
                    try sample.bytes(), named: "Паспорт \(sample.fio).pdf", fio: sample.fio)
                #expect(try await server.client.post("/v1/process", form).status == 200)
            }
            let run = try await server.submit(samples[0].form())
            _ = try await server.end(of: run)
            // Refusals too: what was wrong with a name is told to the caller, not to the log.
            let bad = MultipartForm.document(
                try samples[0].bytes(), named: "a.pdf", fio: "Тайный-Заявитель1 Секретович")
            let refusal = try await server.client.post("/v1/process", bad)
            #expect(refusal.status == 422)
            _ = try await server.client.get("/v1/jobs/Тайный?fio=Секретович")
            let metrics = try await server.client.get("/metrics").text
            #expect(try await server.stop() == .exited(0))

            let emitted = (server.output + metrics).lowercased()
            // Names are of three letters and more, but for "Ли", which is part of many words.
            let names = Set(samples.flatMap { $0.fio.lowercased().split(separator: " ") }.filter { $0.count > 3 })
            #expect(names.count > 10)
            for name in names { #expect(!emitted.contains(name), "a name is in the log or the metrics: \(name)") }
            for text in ["паспорт", "секретович", "тайный", "аппендицит", "лист о временной", "поликлиника"] {
                #expect(!emitted.contains(text), "\(text) is in the log or the metrics")
            }
            #expect(!refusal.text.contains("Секретович"))
        }

        @Test func everyLogLineIsJSONWithTimeLevelAndMessage() async throws {
            let server = try await ServerProcess.start()
            let answer = try await server.client.post("/v1/process", SampleDocument.good().form())
            let id = try #require(answer.field("X-Request-ID"))
            let run = try #require(answer.json["run_id"].string)
            _ = try await server.client.get("/nowhere")
            #expect(try await server.stop() == .exited(0))
            let lines = server.child.lines
            #expect(!lines.isEmpty)
            for line in lines {
                let entry = try #require(try? JSONValue(parsing: line), "not JSON: \(line)")
                #expect(entry["message"].string?.isEmpty == false, "\(line)")
                #expect(entry["level"].string != nil, "\(line)")
            }
            #expect(server.log.contains { $0["request_id"].string == id }, "no line has the request id")
            #expect(server.log.contains { $0["run_id"].string == run }, "no line has the run id")
        }
    }
}
