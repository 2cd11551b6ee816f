import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// `/openapi.json`, held against the server that serves it.
    @Suite struct DescriptionTests {
        private static let probe = ["IDP_PROBE": "true"]

        @Test func theCommandPrintsWhatTheServerServes() async throws {
            for settings in [[:], Self.probe, ["IDP_APP_NAME": "other"]] {
                let server = try await ServerProcess.start(settings)
                let served = try await server.client.get("/openapi.json")
                #expect(served.status == 200)
                #expect(served.field("Content-Type") == "application/json")
                let printed = try await Command.run(
                    ProjectFiles.serverProgram, ["openapi"],
                    environment: ChildProcess.plainEnvironment.merging(settings) { $1 })
                #expect(printed.output == served.text)
                let tag = try #require(served.field("ETag"))
                let again = try await server.client.get("/openapi.json", fields: [("If-None-Match", tag)])
                #expect(again.status == 304)
            }
        }

        @Test func itIsValidOpenAPI() async throws {
            let document = try await SharedServer.get().client.get("/openapi.json")
            let folder = try TemporaryDirectory("openapi")
            let file = try folder.write(document.body, to: "openapi.json")
            let check = try await Command.run(
                ProjectFiles.python, ["-m", "openapi_spec_validator", "--schema", "3.1", file.path])
            #expect(check.succeeded, "\(check.output) \(check.errors)")
        }

        /// The router's own `Allow` is what is really there.
        @Test func eachPathHasTheMethodsThatItTells() async throws {
            let server = try await ServerProcess.start(Self.probe)
            let document = try await server.client.get("/openapi.json").json
            let paths = try #require(document["paths"].object)
            #expect(paths.count >= 18)
            for (path, methods) in paths {
                let target = path.replacing("{run_id}", with: UUID().uuidString.lowercased())
                    .replacing("{page}", with: "1")
                let answer = try await server.client.send("OPTIONS", target)
                let allowed = Set((answer.field("Allow") ?? "").split(separator: ",").map { $0.drop { $0 == " " } })
                let told = Set((methods.object ?? [:]).keys.map { $0.uppercased() })
                let implied = told.contains("GET") ? ["HEAD", "OPTIONS"] : ["OPTIONS"]
                #expect(Set(allowed.map(String.init)) == told.union(implied), "\(path)")
            }
        }

        /// Right and wrong values for every parameter and body, all checks on. The seed is fixed here: what another one
        /// finds is for `make check-api`.
        @Test func schemathesisFindsNothing() async throws {
            let server = try await ServerProcess.start()
            var environment = ChildProcess.plainEnvironment
            environment["PYTHONPATH"] = ProjectFiles.url("Tests/Tools").path
            environment["SCHEMATHESIS_HOOKS"] = "schemathesis_hooks"
            let folder = try TemporaryDirectory("schemathesis")
            let run = try await Command.run(
                ProjectFiles.url(".venv/bin/schemathesis").path,
                [
                    "run", "http://127.0.0.1:\(server.port)/openapi.json", "--checks", "all", "--max-examples", "5",
                    "--seed", "1", "--request-timeout", "90", "--suppress-health-check", "all", "--no-shrink",
                    "--no-color",
                ], environment: environment, directory: folder.path, within: .seconds(600))
            #expect(run.status == .exited(0), "\(run.output.suffix(6_000)) \(run.errors.suffix(2_000))")
            #expect(run.output.contains("API Operations"), "\(run.output.suffix(2_000))")
            try await expectAlive(server, judging: true)
        }
    }
}
