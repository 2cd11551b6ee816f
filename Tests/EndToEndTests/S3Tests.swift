import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The built server with its runs in a real S3 that checks signatures.
    @Suite(.serialized) struct S3Tests {
        private func form(_ path: String, fio: String) -> MultipartForm {
            var form = MultipartForm()
            form.field("s3_path", path)
            form.field("fio", fio)
            return form
        }

        /// Waits until the files of an ended run are in the bucket.
        private func expectFiles(of run: String, in s3: S3Server) async throws {
            let wanted: Set<Substring> = ["document.pdf", "job.json", "final_result.json", "metadata.json"]
            try await eventually("files of \(run) in the bucket", within: .seconds(60)) {
                let keys = try await s3.keys(s3.bucket).filter { $0.contains(run) }
                return Set(keys.compactMap { $0.split(separator: "/").last }) == wanted
            }
        }

        @Test func documentsAreTakenFromABucket() async throws {
            let s3 = try await S3Server()
            let server = try await ServerProcess.start(s3.environment(artifacts: nil))
            let sample = try SampleDocument.good()
            try await s3.put("incoming", "a/b.pdf", try sample.bytes())
            for path in ["a/b.pdf", "s3://incoming/a/b.pdf"] {
                let answer = try await server.client.post("/v1/process", form(path, fio: sample.fio))
                #expect(answer.status == 200 && answer.json["verdict"].bool == true, "\(answer.text)")
            }
            let run = try await server.submit(form("a/b.pdf", fio: sample.fio))
            #expect(try await server.end(of: run)["verdict"].bool == true)
            // Nothing of what was fetched is left beside the runs.
            let spool = server.directory.file("runs/.spool").path
            let left = try FileManager.default.contentsOfDirectory(atPath: spool)
            #expect(!left.contains { $0.hasPrefix("s3-") })
            let metrics = try await server.metrics()
            let labels = ["dependency": "s3", "outcome": "ok"]
            #expect(metrics.sum("idp_dependency_request_duration_seconds_count", labels) == 3)
        }

        @Test func whatIsWrongWithAPathIsToldAtOnce() async throws {
            let s3 = try await S3Server()
            var settings = s3.environment(artifacts: nil)
            settings["IDP_MAX_UPLOAD_BYTES"] = "100KiB"
            let server = try await ServerProcess.start(settings)
            let fio = "Ахметов Данияр Маратович"
            try await s3.put("incoming", "empty", [])
            try await s3.put("incoming", "text", Array("hello".utf8))
            try await s3.put("incoming", "large", Array(repeating: 0x25, count: 200_000))
            try await s3.put("forbidden", "a", [1])
            let cases = [
                ("nowhere", 422, "VALIDATION_ERROR"), ("empty", 422, "VALIDATION_ERROR"),
                ("../incoming/text", 422, "VALIDATION_ERROR"), ("s3://forbidden/a", 422, "VALIDATION_ERROR"),
                ("http://127.0.0.1/a", 422, "VALIDATION_ERROR"), ("text", 400, "UNSUPPORTED_FILE_TYPE"),
                ("large", 413, "FILE_TOO_LARGE"),
            ]
            for route in ["/v1/process", "/v1/jobs"] {
                for (path, status, code) in cases {
                    let answer = try await server.client.post(route, form(path, fio: fio))
                    let told = answer.json["detail"]["code"].string
                    #expect(answer.status == status && told == code, "\(route) \(path): \(answer.text)")
                }
                var both = try SampleDocument.good().form()
                both.field("s3_path", "text")
                #expect(try await server.client.post(route, both).status == 422)
            }
            try await expectAlive(server, judging: false)
        }

        /// The job's machine is gone with its disk: the store and the bucket are enough.
        @Test func aJobGoesOnWithoutTheDiskThatTookIt() async throws {
            let s3 = try await S3Server()
            let folder = try TemporaryDirectory("server")
            var settings = s3.environment()
            settings["IDP_WORKERS"] = "1"
            let first = try await ServerProcess.start(settings, directory: folder)
            let sample = try SampleDocument.scanned()
            var runs: [String] = []
            for _ in 0..<4 { runs.append(try await first.submit(sample.form())) }
            try await first.crash()
            try FileManager.default.removeItem(atPath: folder.file("runs").path)
            let second = try await ServerProcess.start(settings, directory: folder)
            for run in runs {
                let end = try await second.end(of: run, within: .seconds(180))
                #expect(end["status"].string == "completed" && end["verdict"].bool == true, "\(end)")
            }
            // The last one cannot have ended before the crash.
            try await expectFiles(of: try #require(runs.last), in: s3)
        }

        /// Each fault on the way to S3 while jobs come in. What is acknowledged ends; what is not has a code; once the
        /// fault is over everything works again without a restart.
        @Test func everyFaultHasACodeAndLosesNothing() async throws {
            let s3 = try await S3Server()
            let proxy = try await FaultProxy(to: s3.port)
            let server = try await ServerProcess.start(s3.environment(port: proxy.port))
            let sample = try SampleDocument.good()
            try await s3.put("incoming", "a.pdf", try sample.bytes())
            var accepted: [String] = []
            for fault in S3Fault.all {
                accepted.append(try await server.submit(sample.form()))
                try await fault.begin(proxy, s3)
                // Side by side: some of them take all the time that there is.
                async let named = server.client.post("/v1/jobs", form("a.pdf", fio: sample.fio))
                async let sent = server.client.post("/v1/jobs", sample.form())
                async let judged = server.client.post("/v1/process", sample.form())
                for answer in [try await named, try await sent] {
                    if answer.status == 202, let run = answer.json["run_id"].string {
                        accepted.append(run)
                        continue
                    }
                    let code = answer.json["detail"]["code"].string ?? answer.text
                    #expect(S3Fault.codes[code] == answer.status, "\(fault.name): \(answer.status) \(code)")
                }
                // A verdict does not wait for a bucket.
                let verdict = try await judged
                #expect(verdict.status == 200 && verdict.json["verdict"].bool == true, "\(fault.name): \(verdict.text)")
                try await fault.end(proxy, s3)
                try await eventually("recovery from \(fault.name)", within: .seconds(60)) {
                    let again = try await server.client.post("/v1/jobs", form("a.pdf", fio: sample.fio))
                    if let run = again.json["run_id"].string, again.status == 202 { accepted.append(run) }
                    return again.status == 202
                }
            }
            for run in accepted {
                let end = try await server.end(of: run, within: .seconds(120))
                #expect(end["status"].string == "completed" && end["verdict"].bool == true, "\(end)")
                try await expectFiles(of: run, in: s3)
            }
            #expect(server.child.exitStatus == nil)
            try await eventually("quiet after the faults", within: .seconds(60)) {
                let metrics = try await server.metrics()
                return metrics.sum("idp_circuit_breaker_state", ["dependency": "s3", "state": "closed"]) == 1
                    && metrics.sum("idp_artifacts_waiting") == 0
            }
        }
    }
}

/// One thing that can be wrong with S3 or the way to it.
private struct S3Fault: Sendable {
    /// What a submission may be told meanwhile.
    static let codes = ["DEPENDENCY_UNAVAILABLE": 503, "STORAGE_FAILED": 502, "JOB_SUBMIT_FAILED": 500]

    static let all = [
        S3Fault(name: "slow", mode: "delay", settings: ["ms": "300"]),
        S3Fault(name: "error", mode: "pass", failures: 1000),
        S3Fault(name: "reset", mode: "reset"),
        S3Fault(name: "cut", mode: "cut"),
        S3Fault(name: "blackhole", mode: "blackhole"),
        S3Fault(name: "trickle", mode: "trickle", settings: ["rate": "20"]),
        S3Fault(name: "wrong data", mode: "garble", settings: ["every": "50"]),
        S3Fault(name: "gone", mode: "refuse"),
    ]

    var name: String
    var mode: String
    var settings: [String: String] = [:]
    var failures = 0

    func begin(_ proxy: FaultProxy, _ s3: S3Server) async throws {
        try await s3.failNext(failures)
        try await proxy.set(mode, settings)
    }

    func end(_ proxy: FaultProxy, _ s3: S3Server) async throws {
        try await s3.failNext(0)
        try await proxy.set("pass")
    }
}
