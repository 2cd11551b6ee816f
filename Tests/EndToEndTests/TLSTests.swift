import Foundation
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// TLS and the Unix-domain socket of the built program, with the clients that people use.
    @Suite struct TLSTests {
        /// A server with the run's certificates in a folder of its own, so that they can be replaced.
        private func start(
            _ settings: [String: String] = [:]
        ) async throws -> (server: ServerProcess, folder: TemporaryDirectory, certificates: TestCertificates) {
            let certificates = try await TestCertificates.get()
            let folder = try TemporaryDirectory("tls-server")
            try put("server", of: certificates, into: folder)
            // The support's own client speaks clear text: readiness is not asked for.
            var environment = [
                "IDP_TLS_CERT": folder.file("now.pem").path, "IDP_TLS_KEY": folder.file("now.key").path,
                "IDP_UNIX_SOCKET": folder.file("http.sock").path,
            ]
            environment.merge(settings) { $1 }
            return (try await ServerProcess.start(environment, untilReady: false), folder, certificates)
        }

        private func put(_ name: String, of certificates: TestCertificates, into folder: TemporaryDirectory) throws {
            try folder.write(
                try Array(Data(contentsOf: URL(filePath: certificates.certificate(name)))), to: "now.pem")
            try folder.write(try Array(Data(contentsOf: URL(filePath: certificates.key(name)))), to: "now.key")
        }

        private func curl(
            _ certificates: TestCertificates, _ arguments: [String]
        ) async throws -> Command {
            try await Command.run(
                "curl",
                ["-sS", "--max-time", "60", "--cacert", certificates.certificate("authority")] + arguments)
        }

        /// The name in the certificate that a new connection is shown.
        private func serverName(_ port: Int, _ certificates: TestCertificates) async throws -> String {
            let shown = try await Command.run(
                "openssl",
                [
                    "s_client", "-connect", "127.0.0.1:\(port)", "-alpn", "http/1.1", "-verify_return_error",
                    "-CAfile", certificates.certificate("authority"),
                ])
            #expect(shown.output.contains("ALPN protocol: http/1.1"), "\(shown.output.suffix(600))")
            return shown.output.firstMatch(of: #/subject=O = Test, CN = (.+)/#).map { String($0.1) } ?? "none"
        }

        @Test func curlPythonAndASocketGetTheirAnswers() async throws {
            let (server, folder, certificates) = try await start()
            let url = "https://localhost:\(server.port)"
            let sample = try SampleDocument.good()
            let judged = try await curl(
                certificates, ["-F", "file=@\(sample.url.path)", "-F", "fio=\(sample.fio)", "\(url)/v1/process"])
            #expect(try JSONValue(parsing: judged.output)["verdict"].bool == true, "\(judged)")
            for version in ["--tls-max 1.2", "--tlsv1.3"] {
                let options = version.split(separator: " ").map(String.init)
                let answer = try await curl(certificates, options + ["\(url)/health"])
                #expect(try JSONValue(parsing: answer.output)["status"].string == "ok", "\(version): \(answer)")
            }
            let python = try await Command.run(
                "python3",
                [
                    "-c",
                    """
                    import http.client, ssl, sys
                    context = ssl.create_default_context(cafile=sys.argv[2])
                    connection = http.client.HTTPSConnection('localhost', int(sys.argv[1]), context=context, timeout=20)
                    for _ in range(3):
                        connection.request('GET', '/health')
                        print(connection.getresponse().read().decode())
                    """, "\(server.port)", certificates.certificate("authority"),
                ])
            #expect(python.output.split(separator: "\n").count == 3, "\(python)")
            let socket = folder.file("http.sock").path
            let unknown = "http://localhost/v1/jobs/00000000-0000-7000-8000-000000000000"
            let local = try await curl(certificates, ["--unix-socket", socket, unknown])
            #expect(local.output.contains("JOB_NOT_FOUND"), "\(local)")
            let metrics = try await curl(certificates, ["--unix-socket", socket, "http://localhost/metrics"])
            let handshakes = Exposition(metrics.output).sum("idp_tls_handshakes_total")
            #expect(handshakes >= 4, "\(handshakes)")
            #expect(try await server.stop() == .exited(0))
            #expect(server.log.contains { $0["client_address"].string == "unix" })
            #expect(server.log.contains { $0["client_address"].string == "127.0.0.1" })
            #expect(!FileManager.default.fileExists(atPath: socket))
        }

        @Test func hangUpReloadsCertificates() async throws {
            let (server, folder, certificates) = try await start()
            #expect(try await serverName(server.port, certificates) == "server one")
            try put("renewed", of: certificates, into: folder)
            server.child.signal(SIGHUP)
            try await eventually("the reload") {
                server.log.contains { $0["message"].string == "TLS certificates reloaded" }
            }
            #expect(try await serverName(server.port, certificates) == "server two")
            try folder.write([1, 2, 3], to: "now.pem")
            server.child.signal(SIGHUP)
            let line = try await eventually("the refusal") {
                server.log.first { $0["level"].string == "error" }
            }
            #expect(line["code"].string == "INTERNAL_PROCESSING_ERROR")
            #expect(line["cause"].string?.contains("now.pem") == true, "\(line)")
            #expect(try await serverName(server.port, certificates) == "server two")
            #expect(try await server.stop() == .exited(0))
        }

        @Test func clientsNeedCertificatesOfTheAuthority() async throws {
            let authority = try await TestCertificates.get().certificate("authority")
            let (server, _, certificates) = try await start(["IDP_TLS_CLIENT_CA": authority])
            let url = "https://localhost:\(server.port)/health"
            for (name, isGood) in [("client", true), ("expired", false), ("foreign", false)] {
                let answer = try await curl(
                    certificates,
                    ["--cert", certificates.certificate(name), "--key", certificates.key(name), url])
                #expect(answer.succeeded == isGood, "\(name): \(answer)")
            }
            #expect(try await !curl(certificates, [url]).succeeded)
            #expect(try await server.stop() == .exited(0))
        }

        @Test(arguments: ["check-config", "serve"]) func badFilesAreToldByName(_ subcommand: String) async throws {
            let certificates = try await TestCertificates.get()
            for (settings, name) in [
                (["IDP_TLS_CERT": "/none.pem", "IDP_TLS_KEY": certificates.key("server")], "IDP_TLS_CERT"),
                (["IDP_TLS_CERT": certificates.certificate("server")], "IDP_TLS_CERT"),
                (
                    ["IDP_TLS_CERT": certificates.certificate("server"), "IDP_TLS_KEY": certificates.key("client")],
                    "IDP_TLS_KEY"
                ),
                (["IDP_TLS_CLIENT_CA": certificates.certificate("authority")], "IDP_TLS_CLIENT_CA"),
                (["IDP_UNIX_SOCKET_MODE": "0999"], "IDP_UNIX_SOCKET_MODE"),
            ] {
                let command = try await Command.run(
                    ProjectFiles.serverProgram, [subcommand],
                    environment: ChildProcess.plainEnvironment.merging(settings) { $1 })
                #expect(command.status == .exited(2))
                #expect(command.errors.contains("\(name) (environment): "), "\(command.errors)")
            }
        }

        @Test func aKilledServersSocketIsTakenOver() async throws {
            let (first, folder, certificates) = try await start()
            let socket = folder.file("http.sock").path
            let live = try await Command.run(
                ProjectFiles.serverProgram, ["serve"],
                environment: ChildProcess.plainEnvironment.merging([
                    "IDP_PORT": "0", "IDP_UNIX_SOCKET": socket, "IDP_RUNS_DIR": folder.file("runs").path,
                ]) { $1 })
            #expect(live.status == .exited(1))
            #expect(live.errors.contains(socket), "\(live.errors)")
            try await first.crash()
            let second = try await ServerProcess.start(
                [
                    "IDP_TLS_CERT": folder.file("now.pem").path, "IDP_TLS_KEY": folder.file("now.key").path,
                    "IDP_UNIX_SOCKET": socket,
                ], untilReady: false)
            let answer = try await curl(certificates, ["--unix-socket", socket, "http://localhost/health"])
            #expect(answer.output.contains("ok"), "\(answer)")
            #expect(try await second.stop() == .exited(0))
        }
    }
}
