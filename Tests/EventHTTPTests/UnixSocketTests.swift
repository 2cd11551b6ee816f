import EventHTTP
import Foundation
import Glibc
import TestSupport
import Testing

/// The socket's file: whose it is, who may connect, and that it goes with its server.
@Suite struct UnixSocketTests {
    private static let request = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"

    private func make(_ path: String, mode: UInt32 = 0o660, loops: Int = 2) throws -> (HTTPServer, TestResponder) {
        let folder = try TemporaryDirectory()
        let responder = TestResponder(plan: MultipartPlan(spool: try UploadSpool(directory: folder.path)))
        var configuration = HTTPServerConfiguration(port: 0, loops: loops, currentTime: { 0 })
        configuration.unixSocket = UnixSocketAddress(path: path, mode: mode)
        return (HTTPServer(configuration, responder: responder), responder)
    }

    private func mode(of path: String) -> UInt32? {
        var state = stat()
        guard lstat(path, &state) == 0, state.st_mode & S_IFMT == S_IFSOCK else { return nil }
        return state.st_mode & 0o777
    }

    private func isInUse(_ server: HTTPServer) throws -> HTTPServerError {
        try #require(throws: HTTPServerError.self) { try server.start() }
    }

    @Test(arguments: [0o600, 0o660, 0o777] as [UInt32]) func theFileHasItsModeAndGoes(_ mode: UInt32) throws {
        let path = try TemporaryDirectory()
        let socket = path.file("s").path
        let (server, _) = try make(socket, mode: mode)
        let mask = umask(0o077)
        defer { umask(mask) }
        try server.start()
        #expect(self.mode(of: socket) == mode)
        let client = try WireClient(path: socket)
        client.send(Self.request)
        #expect(try client.readAnswer().status == 200)
        server.stop()
        #expect(path.allFiles().isEmpty)
        #expect(self.mode(of: socket) == nil)
    }

    @Test func tcpIsServedBeside() throws {
        let folder = try TemporaryDirectory()
        let (server, _) = try make(folder.file("s").path)
        try server.start()
        defer { server.stop() }
        for client in [try WireClient(path: folder.file("s").path), try WireClient(port: server.port)] {
            client.send(Self.request)
            #expect(try client.readAnswer().status == 200)
        }
    }

    @Test func aLiveServersSocketIsRefused() throws {
        let folder = try TemporaryDirectory()
        let socket = folder.file("s").path
        let (first, _) = try make(socket)
        let (second, _) = try make(socket)
        try first.start()
        #expect("\(try isInUse(second))".contains(socket))
        let client = try WireClient(path: socket)
        client.send(Self.request)
        #expect(try client.readAnswer().status == 200)
        first.stop()
        let (third, _) = try make(socket)
        try third.start()
        third.stop()
    }

    @Test func anotherProgramsLiveSocketIsRefused() throws {
        let folder = try TemporaryDirectory()
        let socket = folder.file("s").path
        let listener = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        #expect(WireListener.withAddress(socket) { Glibc.bind(listener, $0, $1) } == 0)
        #expect(listen(listener, 0) == 0)
        let (server, _) = try make(socket)
        _ = try isInUse(server)
        #expect(mode(of: socket) != nil)
    }

    /// What a killed server leaves: a socket that nobody hears, and a lock file that nobody holds.
    @Test func aDeadServersSocketIsReplaced() throws {
        let folder = try TemporaryDirectory()
        let socket = folder.file("s").path
        let dead = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        #expect(WireListener.withAddress(socket) { Glibc.bind(dead, $0, $1) } == 0)
        #expect(listen(dead, 1) == 0)
        close(dead)
        try folder.write([], to: "s.lock")
        let (server, _) = try make(socket)
        try server.start()
        defer { server.stop() }
        let client = try WireClient(path: socket)
        client.send(Self.request)
        #expect(try client.readAnswer().status == 200)
    }

    @Test func aFileThatIsNoSocketIsLeftAlone() throws {
        let folder = try TemporaryDirectory()
        let file = try folder.write([1], to: "s")
        let (server, _) = try make(file.path)
        _ = try isInUse(server)
        #expect(try Data(contentsOf: file) == Data([1]))
        #expect(folder.allFiles().count == 1)
        let (other, _) = try make(folder.file("none/s").path)
        _ = try isInUse(other)
        let (long, _) = try make("/tmp/" + String(repeating: "x", count: 103))
        _ = try isInUse(long)
    }

    /// libevent 2.1.12 before its repairs wrote past its memory for such a client's address.
    @Test func aClientWithANameOfItsOwnIsServed() throws {
        let folder = try TemporaryDirectory()
        let (server, _) = try make(folder.file("s").path)
        try server.start()
        defer { server.stop() }
        let own = folder.path + "/" + String(repeating: "n", count: 100 - folder.path.utf8.count)
        for name in [own, folder.file("c").path] {
            let client = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(client) }
            #expect(WireListener.withAddress(name) { Glibc.bind(client, $0, $1) } == 0)
            #expect(WireListener.withAddress(folder.file("s").path) { Glibc.connect(client, $0, $1) } == 0)
            #expect(send(client, Self.request, Self.request.utf8.count, 0) > 0)
            var answer = [UInt8](repeating: 0, count: 12)
            #expect(recv(client, &answer, 12, SocketFlags.waitAll) == 12)
            #expect(String(decoding: answer, as: UTF8.self) == "HTTP/1.1 200")
        }
    }

    @Test func theLimitOfAnAddressIsNotForTheSocket() throws {
        let server = try WireTransport.$current.withValue(.unix) {
            try ServerUnderTest(limits: { $0.connectionsPerAddress = 1 })
        }
        let clients = try (0..<3).map { _ in try server.connect() }
        for client in clients {
            client.send(Self.request)
            #expect(try client.readAnswer().status == 200)
        }
    }
}
