import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Jobs that came by Kafka have no caller: with access control they are nobody's but an overseer's.
    @Suite(.serialized, .timeLimit(.minutes(5))) struct KafkaAccessTests {
        @Test func aJobOfKafkaIsShownToWhoMaySeeAllOnly() async throws {
            let cluster = try await KafkaCluster(["requests": 1, "requests.results": 1, "requests.dlq": 1])
            let s3 = try await S3Server()
            let sample = try SampleDocument.good()
            try await s3.put("incoming", "good.pdf", try sample.bytes())
            let keys = try KeysOfCallers()
            let caller = try await keys.add("loans", ["submit", "read", "manage"])
            let overseer = try await keys.add("overseer", ["submit", "read", "manage", "all-runs"])
            var settings = s3.environment(artifacts: nil)
            settings["IDP_KAFKA_BROKERS"] = cluster.brokers
            settings["IDP_KAFKA_TOPIC"] = "requests"
            let server = try await keys.serve(settings)
            let names = sample.fio.split(separator: " ")
            try await cluster.produce(
                "requests",
                """
                {"request_id":"r","s3_path":"good.pdf","iin":850101300123,"last_name":"\(names[0])",\
                "first_name":"\(names[1])","second_name":"\(names.dropFirst(2).joined(separator: " "))"}
                """)
            let result = try #require(try await cluster.records("requests.results", atLeast: 1).first)
            #expect(result.json["status"].string == "success", "\(result.value ?? "")")
            let run = try #require(result.json["run_id"].string)
            func ask(_ method: String, _ path: String, _ key: String) async throws -> HTTPAnswer {
                try await server.client.send(method, path, fields: bearer(key))
            }
            let routes: [(method: String, tail: String)] = [
                ("GET", ""), ("GET", "?wait=1"), ("GET", "/result"), ("GET", "/pages/1"), ("GET", "/events"),
                ("GET", "/callbacks"), ("POST", "/cancel"), ("POST", "/replay"), ("POST", "/callbacks/replay"),
            ]
            for route in routes {
                let path = "/v1/jobs/\(run)\(route.tail)"
                #expect(try await server.client.send(route.method, path).status == 401, "\(route)")
                let answer = try await ask(route.method, path, caller)
                #expect(answer.status == 404, "\(route): \(answer.text)")
                #expect(answer.json["detail"]["code"].string == "JOB_NOT_FOUND", "\(route): \(answer.text)")
                #expect(try await ask(route.method, path, overseer).status != 404, "\(route)")
            }
            for path in ["/v1/jobs", "/v1/jobs?status=completed"] {
                #expect(try await ask("GET", path, caller).json["jobs"].array?.isEmpty == true)
                let seen = try await ask("GET", path, overseer).json["jobs"].array ?? []
                #expect(seen.compactMap { $0["run_id"].string } == [run])
            }
            #expect(try await server.stop() == .exited(0))
        }
    }
}
