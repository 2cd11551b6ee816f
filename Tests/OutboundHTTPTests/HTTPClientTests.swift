import Foundation
import OutboundHTTP
import Synchronization
import Testing

/// The client against a real server: what it sends, what it makes of answers, and how it ends what does not end.
struct HTTPClientTests {
    private struct Echo: Decodable {
        var method: String
        var length: Int
        var sha256: String
        var fields: [[String]]

        func field(_ name: String) -> String? { fields.first { $0[0].lowercased() == name.lowercased() }?[1] }
    }

    private func echo(_ response: HTTPClientResponse) throws -> Echo {
        try JSONDecoder().decode(Echo.self, from: Data(response.body))
    }

    /// Runs blocking work off the test's task.
    private func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "test.client").async { continuation.resume(with: Result { try work() }) }
        }
    }

    @Test(arguments: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
    func methodsFieldsAndBodiesArrive(method: String) async throws {
        let server = try LocalServer()
        let client = HTTPClient()
        let hasBody = method.hasPrefix("P")
        let request = HTTPClientRequest(
            method: method, url: server.base + "/echo",
            fields: [("traceparent", "00-a-b-01"), ("X-Empty", ""), ("X-Text", "значение")],
            body: hasBody ? Array(repeating: 0xff, count: 300_000) : nil)
        let response = try await blocking { try client.send(request) }
        #expect(response.status == 200)
        #expect(response.field("content-type") == "application/json")
        if method == "HEAD" { return #expect(response.body.isEmpty) }
        let echo = try echo(response)
        #expect(echo.method == method && echo.length == (hasBody ? 300_000 : 0))
        #expect(echo.field("traceparent") == "00-a-b-01" && echo.field("X-Empty") == "")
        #expect(echo.field("User-Agent") == "idp-server")
        #expect(echo.field("Expect") == nil && echo.field("Accept-Encoding") == nil)
        #expect(echo.field("Content-Type") == nil)
    }

    @Test func emptyBodiesAreSentAsSuch() async throws {
        let server = try LocalServer()
        let client = HTTPClient()
        let url = server.base + "/echo"
        let response = try await blocking {
            try client.send(.init(method: "POST", url: url, fields: [("Content-Type", "a/b")], body: []))
        }
        let echo = try echo(response)
        #expect(echo.length == 0 && echo.field("Content-Length") == "0" && echo.field("Content-Type") == "a/b")
    }

    @Test func statusesAndRedirectsAreAnswers() async throws {
        let server = try LocalServer()
        let client = HTTPClient()
        let base = server.base
        for status in [204, 301, 404, 429, 503] {
            let response = try await blocking { try client.send(.init(url: "\(base)/status/\(status)")) }
            #expect(response.status == status && response.retryAfter == 7)
        }
        let redirect = try await blocking { try client.send(.init(url: base + "/redirect")) }
        #expect(redirect.status == 302 && redirect.field("Location") == "/echo")
    }

    @Test func connectionsAreUsedAgain() async throws {
        let server = try LocalServer()
        let client = HTTPClient()
        let url = server.base + "/echo"
        var connections: Set<String> = []
        for round in 0..<5 {
            let response = try await blocking { try client.send(.init(method: "POST", url: url, body: [1])) }
            connections.insert(response.field("X-Connection") ?? "")
            #expect(response.usedPooledConnection == (round > 0))
        }
        #expect(connections.count == 1 && client.idleSessionCount == 1)
    }

    @Test func manyCallersAtOnceGetTheirOwnAnswers() async throws {
        let server = try LocalServer()
        var configuration = HTTPClient.Configuration()
        configuration.idleSessionLimit = 4
        let client = HTTPClient(configuration)
        let url = server.base + "/echo"
        let lengths = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
            for size in 1...60 {
                group.addTask {
                    let body = [UInt8](repeating: 1, count: size)
                    let response = try await client.send(.init(method: "POST", url: url, body: body))
                    return (size, try JSONDecoder().decode(Echo.self, from: Data(response.body)).length)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(lengths.count == 60 && lengths.allSatisfy { $0.0 == $0.1 })
        #expect(client.idleSessionCount <= 4)
    }

    @Test func answersBeyondTheLimitAreRefused() async throws {
        let server = try LocalServer()
        let client = HTTPClient()
        let base = server.base
        let fits = try await blocking { try client.send(.init(url: base + "/big/1000", responseLimitBytes: 1000)) }
        #expect(fits.body.count == 1000)
        // Known from its length, found out while it streams, and in the head.
        for path in ["/big/1001", "/stream", "/heads"] {
            await #expect(throws: HTTPClientError.tooLarge(limitBytes: 1000)) {
                try await blocking { try client.send(.init(url: base + path, responseLimitBytes: 1000)) }
            }
        }
    }

    @Test(arguments: ["/hang", "/trickle"]) func theTimeoutIsTotal(path: String) async throws {
        let server = try LocalServer()
        let client = HTTPClient()
        let url = server.base + path
        let start = ContinuousClock.now
        await #expect(throws: HTTPClientError.timeout) {
            try await blocking { try client.send(.init(url: url, timeout: .milliseconds(300))) }
        }
        let took = ContinuousClock.now - start
        #expect(took >= .milliseconds(300) && took < .seconds(10), "\(took)")
    }

    @Test func brokenConnectionsAreResets() async throws {
        let server = try LocalServer()
        let client = HTTPClient()
        let base = server.base
        for path in ["/cut", "/partial"] {
            await #expect(throws: HTTPClientError.reset) {
                try await blocking { try client.send(.init(method: "POST", url: base + path, body: [1])) }
            }
        }
        await #expect {
            try await blocking { try client.send(.init(url: base + "/nonsense")) }
        } throws: { error in
            if case HTTPClientError.malformedAnswer = error { true } else { false }
        }
        // The session that met all this still works.
        #expect(try await blocking { try client.send(.init(url: base + "/echo")) }.status == 200)
    }

    @Test func nobodyThereIsRefused() async throws {
        // A port that was free a moment ago: bound and closed by us.
        var server: LocalServer? = try LocalServer()
        let url = try #require(server?.base) + "/echo"
        server = nil
        await #expect(throws: HTTPClientError.refused) {
            try await blocking { try HTTPClient().send(.init(url: url)) }
        }
        await #expect(throws: HTTPClientError.unresolved) {
            try await blocking { try HTTPClient().send(.init(url: "http://host.invalid/")) }
        }
    }

    /// A listener whose queue is full takes no connection: connecting has a limit of its own.
    @Test func connectingHasItsOwnLimit() async throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer -> UInt16 in
                _ = bind(listener, pointer, length)
                _ = listen(listener, 0)
                _ = getsockname(listener, pointer, &length)
                return 0
            }
        }
        #expect(port == 0)
        var fillers: [Int32] = []
        defer { for filler in fillers { close(filler) } }
        for _ in 0..<4 {
            let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = connect(filler, $0, length) }
            }
            fillers.append(filler)
        }
        let url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/"
        await #expect(throws: HTTPClientError.connectTimeout) {
            try await blocking {
                try HTTPClient().send(.init(url: url, timeout: .seconds(60), connectTimeout: .milliseconds(200)))
            }
        }
    }

    @Test func abortsAndCancelledTasksEndTheTransferAtOnce() async throws {
        let server = try LocalServer()
        let client = HTTPClient()
        let url = server.base + "/hang"
        let start = ContinuousClock.now
        let abort = HTTPAbort()
        let pending = Task { try await blocking { try client.send(.init(url: url), abort: abort) } }
        let cancelled = Task { try await client.send(.init(url: url)) }
        // Whether the transfer runs by now or not, the abort meets it.
        abort.abort()
        cancelled.cancel()
        await #expect(throws: HTTPClientError.aborted) { try await pending.value }
        await #expect(throws: HTTPClientError.aborted) { try await cancelled.value }
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    /// An abort that surely meets a running transfer: the server has its request.
    @Test func aRunningTransferIsAborted() async throws {
        let server = try LocalServer()
        let client = HTTPClient()
        let url = server.base + "/trickle"
        let abort = HTTPAbort()
        let start = ContinuousClock.now
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "test.abort"))
        timer.setEventHandler { abort.abort() }
        timer.schedule(deadline: .now() + .milliseconds(300))
        timer.activate()
        defer { timer.cancel() }
        await #expect(throws: HTTPClientError.aborted) {
            try await blocking { try client.send(.init(url: url, timeout: .seconds(50)), abort: abort) }
        }
        let took = ContinuousClock.now - start
        #expect(took >= .milliseconds(290) && took < .seconds(10), "\(took)")
    }

    @Test func certificatesAreVerified() async throws {
        let server = try LocalServer(isTLS: true)
        let url = server.base + "/echo"
        await #expect {
            try await blocking { try HTTPClient().send(.init(url: url)) }
        } throws: { error in
            if case HTTPClientError.tls = error { true } else { false }
        }
        var configuration = HTTPClient.Configuration()
        configuration.certificateAuthorityFile = server.certificateFile
        let trusting = HTTPClient(configuration)
        #expect(try await blocking { try trusting.send(.init(url: url)) }.status == 200)
        // The same certificate under a name that is not its own.
        let other = url.replacing("127.0.0.1", with: "localhost")
        await #expect {
            try await blocking { try trusting.send(.init(url: other)) }
        } throws: { error in
            if case HTTPClientError.tls = error { true } else { false }
        }
    }

    @Test(arguments: [
        HTTPClientRequest(url: "file:///etc/passwd"), HTTPClientRequest(url: "ftp://127.0.0.1/"),
        HTTPClientRequest(url: "gopher://127.0.0.1/"), HTTPClientRequest(url: "127.0.0.1/"),
        HTTPClientRequest(url: ""), HTTPClientRequest(url: "http://"), HTTPClientRequest(url: "http://u:p@127.0.0.1/"),
        HTTPClientRequest(url: "http://127.0.0.1:99999/"),
        HTTPClientRequest(url: "http://127.0.0.1/", fields: [("A", "b\r\nX: y")]),
        HTTPClientRequest(url: "http://127.0.0.1/", fields: [("A b", "c")]),
        HTTPClientRequest(url: "http://127.0.0.1/", fields: [("", "c")]),
        HTTPClientRequest(method: "GET / HTTP/1.1\r\n", url: "http://127.0.0.1/"),
        HTTPClientRequest(method: "", url: "http://127.0.0.1/"),
    ])
    func requestsThatCannotBeSentAreRefused(request: HTTPClientRequest) {
        #expect {
            try HTTPClient().send(request)
        } throws: { error in
            if case HTTPClientError.invalidRequest = error { true } else { false }
        }
    }
}
