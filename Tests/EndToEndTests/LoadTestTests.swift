import TestSupport
import Testing

extension EndToEnd {
    /// The aids of load tests, in the built server.
    @Suite(.serialized) struct LoadTestTests {
        @Test func simulatedStagesAreLoudAndAcceptNothing() async throws {
            let server = try await ServerProcess.start([
                "IDP_SIMULATE": "acquire=1ms,text=lognormal:5ms:20ms", "IDP_WORKERS": "1",
            ])
            #expect(server.log.contains { line in
                line["message"].string?.hasPrefix("IDP_SIMULATE is on") == true
                    && line["level"].string?.lowercased() == "warning"
            })
            let sample = try SampleDocument.scanned()
            var runs: [String] = []
            for _ in 0..<20 { runs.append(try await server.submit(sample.form())) }
            for run in runs {
                let end = try await server.end(of: run)
                #expect(end["status"].string == "completed" && end["verdict"].bool == false, "\(end)")
                #expect(Set(end["errors"].strings ?? []) == ["DOC_TYPE_UNKNOWN", "DOC_DATE_MISSING", "FIO_MISSING"])
            }
            let metrics = try await server.metrics()
            #expect(metrics.samples("idp_simulated").map(\.labels).count == 2)
            #expect(metrics.sum("idp_simulated", ["stage": "text"]) == 1)
            #expect(metrics.sum("jobs_completed_total") == 20)
            #expect(metrics.sum("pipeline_stage_duration_seconds_count", ["stage": "text"]) == 20)
        }

        @Test func injectedFaultsAreLoudAndCounted() async throws {
            let server = try await ServerProcess.start(["IDP_FAULTS": "ocr=error@100%,ocr=delay:1ms"])
            #expect(server.log.contains { $0["message"].string?.hasPrefix("IDP_FAULTS is on") == true })
            let answer = try await server.client.post("/v1/process", SampleDocument.good().form())
            #expect(answer.status == 502 && answer.json["detail"]["code"].string == "OCR_FAILED", "\(answer.text)")
            let metrics = try await server.metrics()
            #expect(metrics.sum("idp_faults_injected_total", ["dependency": "ocr", "fault": "error"]) >= 1)
            #expect(metrics.sum("idp_fault_rate", ["dependency": "ocr", "fault": "error"]) == 1)
            try await expectAlive(server)
        }

        @Test func theModelsFaultsLeaveTheRulesAnswer() async throws {
            let endpoint = try await LanguageModelServer()
            var settings = endpoint.environment()
            settings["IDP_FAULTS"] = "llm=error"
            // Asks about every field.
            settings["IDP_LLM_ASK_BELOW"] = "100"
            let server = try await ServerProcess.start(settings)
            let answer = try await server.client.post("/v1/process", SampleDocument.good().form())
            #expect(answer.status == 200 && answer.json["verdict"].bool == true, "\(answer.text)")
            #expect(try await endpoint.asked().isEmpty)
            let metrics = try await server.metrics()
            #expect(metrics.sum("idp_faults_injected_total", ["dependency": "llm", "fault": "error"]) >= 1)
            #expect(metrics.sum("idp_llm_findings_total", ["outcome": "failed"]) >= 1)
        }

        @Test func anOrdinaryServerShowsNothingOfIt() async throws {
            let server = try await SharedServer.get()
            let metrics = try await server.metrics()
            for name in ["idp_simulated", "idp_fault_rate", "idp_faults_injected_total"] {
                #expect(metrics.samples(name).isEmpty, "\(name)")
            }
        }

        @Test func whatIsWrongIsNamedAndKeepsTheServerFromStarting() async throws {
            let environment = ChildProcess.plainEnvironment.merging(
                ["IDP_SIMULATE": "text=fast", "IDP_FAULTS": "printer=error,ocr=smoke@5"]
            ) { $1 }
            let command = try await Command.run(ProjectFiles.serverProgram, ["serve"], environment: environment)
            #expect(command.status == .exited(2))
            for part in ["\"fast\"", "\"printer\"", "\"5\""] {
                #expect(command.errors.contains(part), "\(command.errors)")
            }
        }
    }
}
