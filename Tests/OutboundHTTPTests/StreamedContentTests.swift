import Foundation
import OutboundHTTP
import Testing
import TestSupport

/// Content that is never whole in memory.
struct StreamedContentTests {
    private struct Echo: Decodable {
        var method: String
        var length: Int
        var sha256: String
    }

    @Test func aPartOfAFileIsSentAsItIs() async throws {
        let server = try LocalServer()
        let folder = try TemporaryDirectory()
        let bytes = (0..<3_000_000).map { UInt8($0 % 249) }
        let file = try folder.write(bytes, to: "a")
        let part = try folder.write(Array(bytes[1_000_000..<2_500_000]), to: "b")
        let client = HTTPClient()
        let url = server.base + "/echo"
        let response = try await blocking {
            var request = HTTPClientRequest(method: "PUT", url: url)
            request.file = .init(path: file.path, offset: 1_000_000, count: 1_500_000)
            return try client.send(request)
        }
        let echo = try JSONDecoder().decode(Echo.self, from: Data(response.body))
        let sum = try await Command.run("sha256sum", [part.path])
        #expect(echo.method == "PUT" && echo.length == 1_500_000 && sum.output.hasPrefix(echo.sha256))
    }

    @Test func aFileOfNothingIsSentAsSuch() throws {
        let server = try LocalServer()
        let folder = try TemporaryDirectory()
        let file = try folder.write([], to: "a")
        var request = HTTPClientRequest(method: "PUT", url: server.base + "/echo")
        request.file = .init(path: file.path, count: 0)
        let echo = try JSONDecoder().decode(Echo.self, from: Data(try HTTPClient().send(request).body))
        #expect(echo.method == "PUT" && echo.length == 0)
    }

    /// The connection of the first request is closed by the other side: the second finds it dead and sends anew.
    @Test func aDeadPooledConnectionDoesNotCostTheContent() throws {
        let server = try LocalServer()
        let folder = try TemporaryDirectory()
        let file = try folder.write(Array(repeating: 7, count: 100_000), to: "a")
        let client = HTTPClient()
        #expect(try client.send(.init(url: server.base + "/close")).status == 200)
        var request = HTTPClientRequest(method: "PUT", url: server.base + "/echo")
        request.file = .init(path: file.path, count: 100_000)
        let echo = try JSONDecoder().decode(Echo.self, from: Data(try client.send(request).body))
        #expect(echo.length == 100_000)
    }

    @Test func aFileThatIsGoneOrTooShortIsOurFault() throws {
        let server = try LocalServer()
        let folder = try TemporaryDirectory()
        let file = try folder.write([1, 2, 3], to: "a")
        for (path, count) in [(file.path, 4), (file.path + ".no", 1)] {
            var request = HTTPClientRequest(method: "PUT", url: server.base + "/echo")
            request.file = .init(path: path, count: count)
            #expect {
                try HTTPClient().send(request)
            } throws: { error in
                if case HTTPClientError.localFailure = error { true } else { false }
            }
        }
    }

    @Test func contentGoesToTheReceiverAndErrorsDoNot() throws {
        let server = try LocalServer()
        let client = HTTPClient()
        var sum = 0
        var count = 0
        let response = try client.send(.init(url: server.base + "/bytes/1000000")) { bytes in
            count += bytes.count
            sum += bytes.reduce(0) { $0 + Int($1) }
        }
        #expect(response.status == 200 && response.body.isEmpty && count == 1_000_000)
        #expect(sum == (0..<1_000_000).reduce(0) { $0 + $1 % 251 })
        var isCalled = false
        let error = try client.send(.init(url: server.base + "/status/404")) { _ in isCalled = true }
        #expect(error.status == 404 && error.body == Array("why".utf8) && !isCalled)
    }

    @Test func aReceiverEndsTheTransferByThrowing() throws {
        struct Full: Error {}
        let server = try LocalServer()
        let client = HTTPClient()
        #expect(throws: HTTPClientError.localFailure("Full()")) {
            try client.send(.init(url: server.base + "/stream")) { _ in throw Full() }
        }
        #expect(throws: HTTPClientError.tooLarge(limitBytes: 1000)) {
            try client.send(.init(url: server.base + "/stream", responseLimitBytes: 1000)) { _ in }
        }
    }

    @Test func whatIsSlowerThanTheFloorIsATimeout() throws {
        let server = try LocalServer()
        var request = HTTPClientRequest(url: server.base + "/trickle", timeout: .seconds(120))
        request.floor = .init(bytesPerSecond: 10_000, seconds: 1)
        #expect(throws: HTTPClientError.timeout) { try HTTPClient().send(request) }
    }
}
