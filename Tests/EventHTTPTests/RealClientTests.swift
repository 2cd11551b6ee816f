import EventHTTP
import Foundation
import TestSupport
import Testing

/// Forms as curl and Python's requests really send them.
@Suite struct RealClientTests {
    private func run(_ program: String, _ arguments: [String]) async throws -> String {
        try await Command.run("/usr/bin/env", [program] + arguments, within: .seconds(180)).output
    }

    private func file(_ name: String, _ bytes: [UInt8], in server: ServerUnderTest) throws -> String {
        let path = "\(server.directory)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test func curl() async throws {
        let server = try ServerUnderTest()
        let bytes = UploadWireTests.noise(700_000)
        let path = try file("справка \"1\".pdf", bytes, in: server)
        defer { unlink(path) }
        for extra in [
            [], ["-H", "Expect:"], ["-H", "Transfer-Encoding: chunked"], ["--http1.0"], ["-H", "Expect: 100-continue"],
        ] {
            let escaped = path.replacingOccurrences(of: "\"", with: "\\\"")
            let answer = try await run(
                "curl",
                [
                    "-sS", "--max-time", "120", "-F", "fio=Әлібек Қайрат", "-F",
                    "file=@\"\(escaped)\";type=application/pdf",
                ] + extra
                    + ["http://127.0.0.1:\(server.server.port)/form"])
            let lines = answer.split(separator: "\n")
            try #require(lines.count == 2, "\(extra): \(answer)")
            #expect(lines[0] == "field fio=Әлібек Қайрат")
            #expect(lines[1].hasPrefix("file file|справка \"1\".pdf|application/pdf|700000|"), "\(extra): \(lines[1])")
        }
        // A large body that is refused: the client reads why.
        let refused = try await run(
            "curl",
            [
                "-sS", "--max-time", "120", "-T", path, "-w", "%{http_code}",
                "http://127.0.0.1:\(server.server.port)/refused",
            ])
        #expect(refused == "no401")
        let stay = try await run(
            "curl",
            ["-sS", "--max-time", "120", "-w", "%{num_connects}"]
                + (0..<3).map { _ in "http://127.0.0.1:\(server.server.port)/health" })
        #expect(stay == "{\"status\":\"ok\"}1{\"status\":\"ok\"}0{\"status\":\"ok\"}0")
    }

    @Test func pythonRequests() async throws {
        guard try await run("python3", ["-c", "import requests; print('here')"]) == "here\n" else { return }
        let server = try ServerUnderTest()
        let program = """
            import requests, sys
            u = 'http://127.0.0.1:%s' % sys.argv[1]
            s = requests.Session()
            r = s.post(u + '/form', data={'fio': 'Иванов Иван', 'empty': ''},
                       files=[('file', ('скан \\"2\\" №1.jpg', b'a' * 300000, 'image/jpeg')),
                              ('other', ('x', b''))], timeout=120)
            print(r.status_code, r.text.replace(chr(10), ' / '))
            def chunks():
                for _ in range(50): yield b'y' * 1000
            print(s.post(u + '/echo', data=chunks(), timeout=120).text.split()[0])
            h = s.get(u + '/health', timeout=120).json()['status']
            print(h, s.head(u + '/health', timeout=120).headers['Content-Length'])
            print(s.post(u + '/echo', data=b'z' * 70000000, timeout=120).status_code)
            """
        let lines = try await run("python3", ["-c", program, "\(server.server.port)"]).split(separator: "\n")
        try #require(lines.count == 4)
        #expect(
            lines[0].hasPrefix(
                "200 field fio=Иванов Иван / field empty= / file file|скан \"2\" №1.jpg|image/jpeg|300000|"))
        #expect(lines[0].contains(" / file other|x|-|0|"))
        #expect(lines[1] == "50000")
        #expect(lines[2] == "ok 15")
        #expect(lines[3] == "413")
    }
}
