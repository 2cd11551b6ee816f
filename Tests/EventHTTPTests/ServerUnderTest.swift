import Dispatch
import EventHTTP
import Glibc
import Synchronization
import TLSClient
import Testing

/// What the responder keeps of one accepted request.
final class TestContext: ExchangeContext {
    let path: String
    init(path: String) { self.path = path }
}

/// A responder with a route for each thing that the front can be asked.
final class TestResponder: HTTPResponder {
    struct Ended: Sendable {
        var path: String
        var record: ExchangeRecord
    }

    private struct State {
        var ended: [Ended] = []
        var held: [Exchange] = []
        var gone: [String] = []
        var refusals: [Refusal] = []
        var streams: [BodyStream] = []
    }

    let plan: MultipartPlan
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "test.handlers")

    init(plan: MultipartPlan) {
        self.plan = plan
    }

    var ended: [Ended] { state.withLock { $0.ended } }
    var gone: [String] { state.withLock { $0.gone } }
    var refusals: [Refusal] { state.withLock { $0.refusals } }
    var streams: [BodyStream] { state.withLock { $0.streams } }

    /// Takes the exchanges that `/hold` keeps.
    func takeHeld() -> [Exchange] {
        state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
    }

    var heldCount: Int { state.withLock { $0.held.count } }

    func admit(_ head: RequestHead, _ reply: inout InlineReply, loop: Int) -> Admission {
        let path = String(decoding: head.path, as: UTF8.self)
        switch (head.method, path) {
        case (.get, "/health"), (.head, "/health"), (.options, "*"):
            reply.body(contentType: "application/json", UnsafeRawBufferPointer(start: nil, count: 0))
            reply.appendBody("{\"status\":\"ok\"}")
        case (.get, "/204"):
            reply.status(204)
            reply.appendBody("never sent")
        case (.get, "/304"):
            reply.status(304)
            reply.appendBody("never sent")
        case (.get, "/close"):
            reply.appendBody("bye")
            reply.close()
        case (.get, "/split"):
            reply.field("X-Value", text: "a\r\nX-Evil: 1\u{0}b")
        case (.get, "/what"):
            reply.appendBody(text: describe(head))
        case (.get, "/who"):
            reply.appendBody(text: Self.describe(head.clientCertificate))
        case (.get, "/big"), (.head, "/big"):
            let count = Int(String(decoding: head.query, as: UTF8.self))!
            reply.body(contentType: "application/octet-stream", UnsafeRawBufferPointer(start: nil, count: 0))
            let piece = [UInt8](repeating: UInt8(ascii: "x"), count: count)
            piece.withUnsafeBytes { reply.appendBody($0) }
        case (.post, "/refused"), (.put, "/refused"):
            reply.status(401)
            reply.appendBody("no")
        case (_, "/queued"), (_, "/hold"), (_, "/drop"), (_, "/stream"), (_, "/none"), (_, "/bigqueued"),
            (_, "/atonce"), (_, "/shared"),
            (_, "/evil"):
            return .accepted(body: .none, context: TestContext(path: path))
        case (.post, "/whoqueued"):
            return .accepted(body: .none, context: TestContext(path: path))
        case (.post, "/echo"), (.put, "/echo"), (.get, "/echo"):
            return .accepted(body: .digest(limitBytes: 64 << 20), context: TestContext(path: path))
        case (.post, "/collect"):
            return .accepted(body: .collect(limitBytes: 100_000), context: TestContext(path: path))
        case (.post, "/form"):
            return .accepted(body: .multipart(plan), context: TestContext(path: path))
        default:
            reply.status(404)
            reply.appendBody("none")
        }
        return .answered
    }

    private static func describe(_ client: ClientCertificate?) -> String {
        guard let client else { return "nobody" }
        let names = client.dnsNames.joined() + "|" + client.uris.joined()
        return "\(client.subject)|\(names)|\(client.sha256.count)"
    }

    private func describe(_ head: RequestHead) -> String {
        let host = head.field(.host).map { String(decoding: $0, as: UTF8.self) } ?? "-"
        let query = String(decoding: head.query, as: UTF8.self)
        let named = head.field(named: "x-test").map { String(decoding: $0, as: UTF8.self) } ?? "-"
        return "\(String(decoding: head.path, as: UTF8.self))|\(query)|\(host)|\(named)|\(head.minorVersion)"
    }

    func handle(_ request: consuming Request, _ exchange: Exchange) {
        let path = request.path
        switch path {
        case "/drop": return
        case "/hold":
            exchange.onClientGone { [self] in state.withLock { $0.gone.append(path) } }
            state.withLock { $0.held.append(exchange) }
        case "/stream":
            let stream = BodyStream()
            state.withLock { $0.streams.append(stream) }
            exchange.reply(Response(status: 200, fields: [("Content-Type", "text/plain")], body: .stream(stream)))
        case "/whoqueued":
            exchange.reply(Response(status: 200, body: .bytes(Array(Self.describe(request.clientCertificate).utf8))))
        case "/atonce":
            exchange.reply(Response(status: 200, body: .bytes(Array("now".utf8))))
        default:
            let body = request.body
            let query = request.query
            queue.async { exchange.reply(Self.response(path, query, body)) }
        }
    }

    private static func response(_ path: String, _ query: String, _ body: Body) -> Response {
        switch body {
        case .none where path == "/bigqueued":
            return Response(status: 200, body: .bytes([UInt8](repeating: UInt8(ascii: "y"), count: Int(query)!)))
        case .none where path == "/shared":
            let owner = SharedText(count: Int(query)!)
            return Response(status: 200, body: .shared(SharedBytes(owner.bytes, owner: owner)))
        case .none where path == "/evil":
            return Response(status: 200, fields: [("X-A", "1\r\nX-Evil: 2"), ("Content-Length", "7")], body: .none)
        case .none: return Response(status: 200, body: .bytes(Array("none".utf8)))
        case .bytes(let bytes): return Response(status: 200, body: .bytes(bytes))
        case .digest(let length, let sha256):
            return Response(status: 200, body: .bytes(Array("\(length) \(hex(sha256))".utf8)))
        case .multipart(let form): return Response(status: 200, body: .bytes(Array(lines(form).utf8)))
        }
    }

    static func lines(_ form: MultipartForm) -> String {
        let fields = form.fields.map { "field \($0.name)=\(String(decoding: $0.value, as: UTF8.self))" }
        let files = form.files.map { file in
            "file \(file.fieldName)|\(file.fileName ?? "-")|\(file.contentType ?? "-")|\(file.size)|\(hex(file.sha256))"
        }
        return (fields + files).joined(separator: "\n")
    }

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }

    func refuse(
        _ refusal: Refusal, head: RequestHead?, context: (any ExchangeContext)?, _ reply: inout InlineReply, loop: Int
    ) {
        state.withLock { $0.refusals.append(refusal) }
        reply.status(refusal.status)
        reply.body(contentType: "application/json", UnsafeRawBufferPointer(start: nil, count: 0))
        reply.appendBody("{\"refused\":")
        reply.appendBody(decimal: refusal.status)
        reply.appendBody("}")
    }

    func finished(_ context: any ExchangeContext, _ record: ExchangeRecord, loop: Int) {
        guard let context = context as? TestContext else { return }
        state.withLock { $0.ended.append(Ended(path: context.path, record: record)) }
    }
}

/// How a test's clients reach its server: the same suites run over each of them.
enum WireTransport {
    case clear
    /// The configuration names the authority of the server, too, as that of clients.
    case tls(TLSConfiguration)
    case unix

    @TaskLocal static var current = WireTransport.clear
}

/// A server on a free port, with its spool in a folder of its own; stopped and removed in the end.
final class ServerUnderTest {
    let server: HTTPServer
    let responder: TestResponder
    let spool: UploadSpool
    let directory: String
    let transport = WireTransport.current
    let logged = Mutex<[String]>([])
    var socketPath: String { directory + "/socket" }

    init(
        lane: Bool = true, loops: Int = 1, plan adjust: (inout MultipartPlan) -> Void = { _ in },
        limits adjustLimits: (inout ServerLimits) -> Void = { _ in }
    ) throws {
        var template = Array("/tmp/eventhttp-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw WireError(description: "mkdtemp: \(errno)") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        spool = try UploadSpool(directory: directory + "/spool")
        var plan = MultipartPlan(spool: spool)
        adjust(&plan)
        responder = TestResponder(plan: plan)
        var configuration = HTTPServerConfiguration(port: 0, loops: loops, currentTime: { Int(time(nil)) })
        configuration.isFastLaneOn = lane
        adjustLimits(&configuration.limits)
        switch transport {
        case .clear: break
        case .tls(let tls): configuration.tls = tls
        case .unix: configuration.unixSocket = UnixSocketAddress(path: directory + "/socket")
        }
        server = HTTPServer(configuration, responder: responder)
        try server.start()
    }

    deinit {
        server.stop()
        spool.settle()
        rmdir(directory + "/spool")
        rmdir(directory)
    }

    func connect(receiveBuffer: Int32? = nil) throws -> WireClient {
        switch transport {
        case .clear: return try WireClient(port: server.port, receiveBuffer: receiveBuffer)
        case .unix: return try WireClient(path: socketPath)
        case .tls(let tls):
            let client = try WireClient(port: server.port, receiveBuffer: receiveBuffer)
            try client.startTLS(WireTLS.Options(authority: tls.clientAuthoritiesPath ?? ""))
            return client
        }
    }

    /// Files that lie in the spool.
    var spooledFiles: Int {
        guard let listing = opendir(directory + "/spool") else { return -1 }
        defer { closedir(listing) }
        var count = 0
        while let entry = readdir(listing) { if entry.pointee.d_type == DT_REG { count += 1 } }
        return count
    }
}

/// Looks at `condition` until it holds; false if it does not within `seconds`.
func eventually(within seconds: Double = 60, _ condition: () -> Bool) -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if condition() { return true }
        // Between two looks; the deadline above bounds the wait.
        usleep(2000)
    }
    return condition()
}
