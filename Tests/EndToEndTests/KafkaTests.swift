import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The built server as a member of a consumer group, with its documents in a real S3.
    @Suite(.serialized, .timeLimit(.minutes(10))) struct KafkaTests {
        private static let iin = "850101300123"

        private func settings(
            _ cluster: KafkaCluster, _ s3: S3Server, _ more: [String: String] = [:]
        ) -> [String: String] {
            let own = [
                "IDP_KAFKA_BROKERS": cluster.brokers, "IDP_KAFKA_TOPIC": "requests", "IDP_KAFKA_GROUP": "readers",
                // A member that was killed is missed soon.
                "IDP_KAFKA_OPTIONS": "session.timeout.ms=3000,heartbeat.interval.ms=300", "IDP_LOG_LEVEL": "DEBUG",
            ]
            return s3.environment(artifacts: nil).merging(own) { $1 }.merging(more) { $1 }
        }

        private func cluster(partitions: Int = 2) async throws -> KafkaCluster {
            try await KafkaCluster(["requests": partitions, "requests.results": 1, "requests.dlq": 1])
        }

        /// An S3 with the good document, and the name that goes with it.
        private func storage() async throws -> (s3: S3Server, fio: String) {
            let s3 = try await S3Server()
            let sample = try SampleDocument.good()
            try await s3.put("incoming", "good.pdf", try sample.bytes())
            return (s3, sample.fio)
        }

        private func event(_ id: String, _ fio: String, path: String = "good.pdf", iin: String = iin) -> String {
            let names = fio.split(separator: " ")
            let second = names.count > 2 ? ",\"second_name\":\"\(names[2])\"" : ""
            return """
                {"request_id":"\(id)","s3_path":"\(path)","iin":\(iin),"last_name":"\(names[0])",\
                "first_name":"\(names[1])"\(second),"document_type":"any"}
                """
        }

        /// Waits until the group has committed that many records in all.
        private func expectCommitted(_ count: Int, _ cluster: KafkaCluster, partitions: Int = 2) async throws {
            try await eventually("\(count) records committed", within: .seconds(60), every: .milliseconds(100)) {
                let offsets = try await cluster.committed("readers", "requests", partitions: partitions)
                return offsets.compactMap { $0 }.reduce(0, +) == count
            }
        }

        /// A result may be told twice after a crash; it is about the same run.
        private func expectOneRunEach(_ results: [KafkaCluster.Record]) {
            for (key, told) in Dictionary(grouping: results, by: { $0.key ?? "" }) {
                #expect(Set(told.compactMap { $0.json["run_id"].string }).count == 1, "\(key): \(told)")
            }
        }

        @Test func requestsBecomeJobsAndResults() async throws {
            let cluster = try await cluster()
            let (s3, fio) = try await storage()
            let receiver = try await OTLPReceiver()
            let tracing = [
                "IDP_TRACING_ENABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
                "OTEL_BSP_SCHEDULE_DELAY": "200",
            ]
            let folder = try TemporaryDirectory("server")
            let server = try await ServerProcess.start(settings(cluster, s3, tracing), directory: folder)
            // Nothing is committed before the crash: 29 is TOPIC_AUTHORIZATION_FAILED.
            try await cluster.failNext(1000, api: 8, code: 29)
            let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
            try await cluster.produce(
                "requests", event("good", fio), key: "k1", partition: 0,
                traceparent: "00-\(trace)-00f067aa0ba902b7-01")
            try await cluster.produce("requests", event("other", "Иванов Пётр Сергеевич"), partition: 1)
            let results = try await cluster.records("requests.results", atLeast: 2)
            let good = try #require(results.first { $0.key == "good" })
            #expect(good.json["status"].string == "success" && good.json["err_codes"].array?.isEmpty == true)
            let run = try #require(good.json["run_id"].string)
            let status = try await server.client.get("/v1/jobs/\(run)").json
            #expect(status["verdict"].bool == true && status["status"].string == "completed")
            let other = try #require(results.first { $0.key == "other" })
            #expect(other.json["status"].string == "fail" && other.json["request_id"].string == "other")
            #expect(other.json["err_codes"].array?.compactMap(\.int).contains(4) == true, "\(other.value ?? "")")
            // One trace from the record that asks to the record that answers.
            #expect(good.headers["traceparent"]?.hasPrefix("00-\(trace)-") == true)
            try await eventually("spans of the trace", within: .seconds(60)) {
                let names = Set(receiver.spans(ofTrace: trace).compactMap { $0["span"].string })
                return names.isSuperset(of: ["process requests", "pipeline", "send requests.results"])
            }
            // The same request again, by its key and by its id: the same run, and the result once more.
            try await cluster.produce("requests", event("good", fio), key: "k1", partition: 0)
            try await cluster.produce("requests", event("other", "Иванов Пётр Сергеевич", iin: "\"\(Self.iin)\""))
            let again = try await cluster.records("requests.results", atLeast: 4)
            #expect(Set(again.compactMap { $0.json["run_id"].string }).count == 2)
            let metrics = try await server.metrics()
            #expect(metrics.sum("jobs_submitted_total") == 2)
            #expect(metrics.sum("idp_kafka_records_total", ["outcome": "accepted"]) == 2)
            #expect(metrics.sum("idp_kafka_records_total", ["outcome": "repeated"]) == 2)
            #expect(metrics.sum("idp_kafka_results_total", ["status": "success"]) == 2)
            try await eventually("no lag", within: .seconds(60), every: .milliseconds(200)) {
                let metrics = try await server.metrics()
                return metrics.sum("idp_kafka_lag") == 0 && metrics.sum("idp_kafka_partitions") == 2
                    && metrics.sum("idp_kafka_records_at_work") == 0
            }
            // What was told before a crash is not told again after it.
            try await server.crash()
            #expect(try await cluster.committed("readers", "requests", partitions: 2) == [nil, nil])
            try await cluster.failNext(0, api: 8)
            let next = try await ServerProcess.start(settings(cluster, s3), directory: folder)
            try await expectCommitted(4, cluster)
            #expect(try await next.metrics().sum("idp_kafka_records_total", ["outcome": "repeated"]) == 4)
            #expect(try await cluster.records("requests.results").count == 4)
            #expect(try await next.stop() == .exited(0))
            for output in [server.output, next.output] {
                #expect(!output.contains(Self.iin) && !output.contains(String(fio.prefix(6))))
            }
        }

        /// What never becomes a job is set aside with its reason, and whoever can be told is told.
        @Test func recordsThatCannotBecomeJobsAreSetAside() async throws {
            let cluster = try await cluster(partitions: 1)
            let (s3, fio) = try await storage()
            try await s3.put("incoming", "text", Array("hello".utf8))
            let server = try await ServerProcess.start(settings(cluster, s3))
            let good = event("last", fio)
            let cases: [(value: String?, key: String?, request: String?, code: String)] = [
                ("{broken", "a", nil, "VALIDATION_ERROR"), (nil, "b", nil, "VALIDATION_ERROR"),
                (event("iin", fio, iin: "12"), "c", "iin", "VALIDATION_ERROR"),
                (event("away", fio, path: "nowhere.pdf"), nil, "away", "VALIDATION_ERROR"),
                (event("bucket", fio, path: "s3://else/a"), nil, "bucket", "VALIDATION_ERROR"),
                (event("text", fio, path: "text"), nil, "text", "UNSUPPORTED_FILE_TYPE"),
            ]
            for (value, key, _, _) in cases { try await cluster.produce("requests", value, key: key) }
            try await cluster.produce("requests", good, key: "d")
            // Another payload under a key that a run has by then.
            _ = try await cluster.records("requests.results", atLeast: 5)
            try await cluster.produce("requests", event("reused", fio), key: "d")
            let letters = try await cluster.records("requests.dlq", atLeast: cases.count + 1)
            for (value, key, _, code) in cases {
                let letter = try #require(letters.first { $0.value == value && $0.key == key }, "\(value ?? "none")")
                #expect(letter.headers["idp-error-code"] == code)
                #expect(letter.headers["idp-topic"] == "requests" && letter.headers["idp-offset"] != nil)
                #expect(letter.headers["idp-error-reason"]?.isEmpty == false)
            }
            #expect(letters.last?.headers["idp-error-code"] == "IDEMPOTENCY_KEY_REUSED")
            let told = try await cluster.records("requests.results", atLeast: 6)
            let expected = cases.compactMap(\.request) + ["last", "reused"]
            #expect(Set(told.compactMap(\.key)) == Set(expected) && told.count == expected.count)
            for result in told where result.key != "last" {
                #expect(result.json["status"].string == "fail" && result.json["run_id"].isNull)
            }
            try await expectCommitted(cases.count + 2, cluster, partitions: 1)
            let metrics = try await server.metrics()
            #expect(metrics.sum("idp_kafka_records_total", ["outcome": "dead_lettered"]) == Double(letters.count))
            #expect(!server.output.contains(String(fio.prefix(6))))
        }

        /// A full queue, an S3 that is gone, brokers that are gone, a crash in the middle: records wait where they are,
        /// each is answered, and none makes two runs.
        @Test func recordsOutlastWhateverFails() async throws {
            let cluster = try await cluster()
            let (s3, fio) = try await storage()
            let proxy = try await FaultProxy(to: s3.port)
            let folder = try TemporaryDirectory("server")
            var settings = settings(cluster, s3, ["IDP_WORKERS": "1", "IDP_QUEUE_LIMIT": "1"])
            settings["IDP_S3_ENDPOINT"] = "http://127.0.0.1:\(proxy.port)"
            let first = try await ServerProcess.start(settings, directory: folder)
            // The line is full of others' jobs.
            for _ in 0..<2 { _ = try await first.client.post("/v1/jobs", try SampleDocument.scanned().form()) }
            for number in 0..<6 { try await cluster.produce("requests", event("full\(number)", fio)) }
            _ = try await cluster.records("requests.results", atLeast: 6)
            try await proxy.set("refuse")
            for number in 0..<4 { try await cluster.produce("requests", event("s3-\(number)", fio)) }
            try await eventually("records that wait", within: .seconds(60), every: .milliseconds(50)) {
                try await first.metrics().sum("idp_kafka_records_total", ["outcome": "retried"]) >= 3
            }
            try await proxy.set("pass")
            _ = try await cluster.records("requests.results", atLeast: 10)
            for number in 0..<6 { try await cluster.produce("requests", event("crash\(number)", fio)) }
            // With jobs that are durable and run, and results that are told and not committed.
            _ = try await cluster.records("requests.results", atLeast: 12)
            try await cluster.down()
            #expect(try await first.client.get("/ready").status == 200)
            try await first.crash()
            settings["IDP_QUEUE_LIMIT"] = "100"
            let second = try await ServerProcess.start(settings, directory: folder)
            try await cluster.up()
            let results = try await eventually("a result for each", within: .seconds(180), every: .milliseconds(50)) {
                let results = try await cluster.records("requests.results")
                return Set(results.compactMap(\.key)).count == 16 ? results : nil
            }
            #expect(results.allSatisfy { $0.json["status"].string == "success" })
            expectOneRunEach(results)
            #expect(try await cluster.records("requests.dlq").isEmpty)
            try await expectCommitted(16, cluster)
            let jobs = try await second.client.get("/v1/jobs?limit=200").json["jobs"].array ?? []
            // With the two that came over HTTP, or as many of them as found a place.
            #expect((17...18).contains(jobs.count), "\(jobs.count)")
            #expect(try await second.stop() == .exited(0))
        }

        /// Two nodes on one store: the partitions of the one that is killed go to the other, with what was at work.
        @Test func aNodeThatDiesLeavesItsRecordsToTheOther() async throws {
            let cluster = try await cluster(partitions: 4)
            let (s3, fio) = try await storage()
            let url = try await PostgresServer.shared().makeDatabase()
            let runs = try TemporaryDirectory("nodes")
            let more = [
                "IDP_STORE": url, "IDP_STORE_MIGRATE": "true", "IDP_RUNS_DIR": runs.file("runs").path,
                "IDP_WORKERS": "1", "IDP_NODE_LEASE": "1s", "IDP_DISK_RESERVE_BYTES": "0",
            ]
            let a = try await ServerProcess.start(settings(cluster, s3, more))
            let b = try await ServerProcess.start(settings(cluster, s3, more))
            try await eventually("shares of the partitions", within: .seconds(120), every: .milliseconds(100)) {
                let shares = [try await a.metrics(), try await b.metrics()].map { $0.sum("idp_kafka_partitions") }
                return shares == [2, 2]
            }
            let count = 16
            for number in 0..<count {
                try await cluster.produce("requests", event("n\(number)", fio), partition: number % 4)
            }
            _ = try await cluster.records("requests.results", atLeast: 4)
            try await a.crash()
            let results = try await eventually("a result for each", within: .seconds(180)) {
                let results = try await cluster.records("requests.results")
                return Set(results.compactMap(\.key)).count == count ? results : nil
            }
            expectOneRunEach(results)
            try await expectCommitted(count, cluster, partitions: 4)
            let jobs = try await b.client.get("/v1/jobs?limit=200").json["jobs"].array ?? []
            #expect(jobs.count == count)
            #expect(try await b.stop() == .exited(0))
        }
    }
}
