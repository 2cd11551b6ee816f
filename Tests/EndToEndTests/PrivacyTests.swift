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

        /// Everything that leaves the process but an answer to its caller, while it judges people whose names are
        /// known: log, audit lines, metrics in every format, spans, errors; and every way in which a name may be
        /// written.
        @Test func nothingThatIsEmittedHoldsAName() async throws {
            let receiver = try await OTLPReceiver()
            let keys = try KeysOfCallers()
            let key = try await keys.add("loans", ["submit", "read", "manage"])
            let server = try await keys.serve([
                "IDP_LOG_LEVEL": "TRACE", "IDP_TRACING_ENABLED": "true",
                "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "200",
            ])
            let client = server.client
            let samples = try SampleDocument.all().prefix(4)
            var refusals: [String] = []
            for sample in samples {
                let form = MultipartForm.document(try sample.bytes(), named: "\(sample.fio).pdf", fio: sample.fio)
                let judged = try await client.post("/v1/process", form, fields: bearer(key))
                let run = try #require(judged.json["run_id"].string, "\(judged.text)")
                #expect(!judged.text.contains(sample.fio))
                let result = try await client.get("/v1/jobs/\(run)/result", fields: bearer(key))
                #expect(result.status == 200)
                // Refused at each step that has seen the name: as a stranger, as a form, as a document, as a repeat.
                refusals.append(try await client.post("/v1/process", form).text)
                let unread = MultipartForm.document(
                    Array("%PDF-1.4 \(sample.fio)".utf8), named: "a.pdf", fio: sample.fio)
                refusals.append(try await client.post("/v1/process", unread, fields: bearer(key)).text)
                let text = MultipartForm.document(Array(sample.fio.utf8), named: "a.txt", fio: sample.fio)
                refusals.append(try await client.post("/v1/jobs", text, fields: bearer(key)).text)
                let bad = MultipartForm.document(try sample.bytes(), named: "a.pdf", fio: sample.fio + " 7")
                refusals.append(try await client.post("/v1/jobs", bad, fields: bearer(key)).text)
                let name = sample.fio.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                for path in ["/v1/jobs/\(name)", "/v1/jobs?status=\(name)", "/v1/jobs?cursor=\(name)", "/\(name)"] {
                    refusals.append(try await client.get(path, fields: bearer(key)).text)
                }
                refusals.append(
                    try await client.get("/v1/jobs", fields: [("Authorization", "Bearer \(name)")]).text)
            }
            #expect(refusals.count == 36 && refusals.allSatisfy { $0.contains("detail") }, "\(refusals)")
            let accepts = ["text/plain", "application/openmetrics-text", "application/vnd.google.protobuf"]
            var emitted = refusals
            for accept in accepts {
                emitted.append(try await client.get("/metrics", fields: [("Accept", accept)]).text)
            }
            emitted.append(try await client.get("/ready").text)
            #expect(try await server.stop() == .exited(0))
            try await eventually("the spans") {
                receiver.lines.count { $0["span"].string == "pipeline.validate" } >= samples.count
            }
            emitted += [server.output, receiver.child.standardOutput]
            #expect(server.log.contains { $0["logger"].string == "idp.audit" })

            let everything = emitted.joined(separator: "\n").lowercased()
            #expect(everything.count > 10_000)
            // Names are of three letters and more, but for "Ли", which is part of many words.
            let names = Set(samples.flatMap { $0.fio.split(separator: " ").map(String.init) }.filter { $0.count > 3 })
            #expect(names.count > 6)
            for name in names {
                let lower = name.lowercased()
                let escaped = name.utf16.map { "\\u" + String(format: "%04x", $0) }.joined()
                // What requests ask for stands in no line: neither path nor query.
                let packed = (name.addingPercentEncoding(withAllowedCharacters: []) ?? "").lowercased()
                let hex = name.utf8.map { String(format: "%02x", $0) }.joined()
                for form in [lower, escaped, packed, hex, Data(name.utf8).base64EncodedString().lowercased()] {
                    let isThere = everything.contains(form)
                    #expect(!isThere, "\(name) is emitted as \(form)")
                }
            }
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
