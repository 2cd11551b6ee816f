/// A plain HTTP/1.1 client for tests: one connection for each request, and nothing done behind the test's back.
public struct HTTPClient: Sendable {
    /// The server's port on this machine.
    public var port: Int

    /// A client of the server on this port.
    public init(port: Int) { self.port = port }

    /// Sends one request and gives its response. A server that answers before it has read the whole body and closes
    /// is heard out. Throws `SystemCallFailed`, `MalformedAnswer`, `WaitedTooLong`.
    public func send(
        _ method: String, _ target: String, fields: [(String, String)] = [], body: [UInt8]? = nil,
        within limit: Duration = .seconds(180)
    ) async throws -> HTTPAnswer {
        var head = "\(method) \(target) HTTP/1.1\r\n"
        if !fields.contains(where: { $0.0.lowercased() == "host" }) { head += "Host: 127.0.0.1:\(port)\r\n" }
        if !fields.contains(where: { $0.0.lowercased() == "connection" }) { head += "Connection: close\r\n" }
        for (name, value) in fields { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        let request = Array((head + "\r\n").utf8) + (body ?? [])
        let port = port
        return try await blocking {
            let socket = try RawSocket(port: port)
            defer { socket.close() }
            do {
                try socket.send(request, within: limit)
            } catch let failure as SystemCallFailed where failure.call == "send" {
                // Refused before the body was through: the answer is what counts.
            }
            return try socket.receiveAnswer(toHead: method == "HEAD", within: limit)
        }
    }

    /// GET.
    public func get(
        _ target: String, fields: [(String, String)] = [], within limit: Duration = .seconds(180)
    ) async throws -> HTTPAnswer {
        try await send("GET", target, fields: fields, within: limit)
    }

    /// POST of a form.
    public func post(
        _ target: String, _ form: MultipartForm, fields: [(String, String)] = [],
        within limit: Duration = .seconds(240)
    ) async throws -> HTTPAnswer {
        try await send(
            "POST", target, fields: fields + [("Content-Type", form.contentType)], body: form.body, within: limit)
    }
}
