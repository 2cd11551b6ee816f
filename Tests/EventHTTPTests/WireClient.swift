import Glibc
import TLSClient
import TestSupport
import Testing

/// One answer as it came over the wire.
struct WireAnswer: Equatable {
    var status: Int
    var head: String
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The value of a field, nil if it did not come.
    func field(_ name: String) -> String? {
        for line in head.split(separator: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 && parts[0].lowercased() == name.lowercased() {
                return parts[1].drop { $0 == " " }.description
            }
        }
        return nil
    }

    /// The answer without its date, for comparing two.
    var undated: String {
        head.split(separator: "\r\n").filter { !$0.hasPrefix("Date:") }.joined(separator: "\n") + "\n\n" + text
    }
}

/// A client that writes and reads bytes as a test says, on a blocking socket with a time limit.
final class WireClient {
    private(set) var descriptor: Int32
    private var buffer: [UInt8] = []
    private(set) var tls: WireTLS?

    convenience init(port: UInt16, receiveBuffer: Int32? = nil, timeout: Int = 60) throws {
        try self.init(timeout: timeout)
        if var receiveBuffer { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, 4) }
        try connect(to: port)
    }

    /// A client that has a socket and is not connected yet.
    init(timeout: Int = 60) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw WireError(description: "socket: \(errno)") }
        var limit = timeval(tv_sec: timeout, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    }

    /// Connects; the kernel answers for a server that does not accept.
    func connect(to port: UInt16) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw WireError(description: "connect: \(errno)") }
    }

    /// A client of a Unix-domain socket.
    init(path: String, timeout: Int = 60) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw WireError(description: "socket: \(errno)") }
        var limit = timeval(tv_sec: timeout, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard WireListener.withAddress(path, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            throw WireError(description: "connect to \(path): \(errno)")
        }
    }

    /// Goes on in TLS.
    func startTLS(_ options: WireTLS.Options, resuming: WireTLS.Ticket? = nil) throws {
        tls = try WireTLS(descriptor, options, resuming: resuming)
    }

    deinit {
        close()
    }

    func close() {
        guard descriptor >= 0 else { return }
        tls?.finish()
        Glibc.close(descriptor)
        descriptor = -1
    }

    /// Whether the connection ended with a reset.
    private(set) var wasReset = false
    /// Bytes that have come and were not read as an answer.
    var unreadCount: Int { buffer.count }

    /// Closes so that the peer is sent a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        tls = nil
        close()
    }

    /// Ends the sending side only.
    func finishSending() {
        tls?.finish()
        shutdown(descriptor, SocketFlags.shutdownWriting)
    }

    /// Sends all of it; false if the peer did not take it.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                tls?.write($0.baseAddress! + offset, bytes.count - offset)
                    ?? Glibc.send(descriptor, $0.baseAddress! + offset, bytes.count - offset, SocketFlags.noSignal)
            }
            if count <= 0 { return false }
            offset += count
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Sends in packets of `size` bytes.
    func send(_ bytes: [UInt8], inPiecesOf size: Int) {
        var offset = 0
        while offset < bytes.count {
            let end = min(offset + size, bytes.count)
            if !send(Array(bytes[offset..<end])) { return }
            offset = end
        }
    }

    /// Takes what comes next; false at the end of the connection or on a reset.
    private func fill() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        let count = tls?.read(&chunk, chunk.count) ?? recv(descriptor, &chunk, chunk.count, 0)
        if count > 0 {
            buffer.append(contentsOf: chunk[..<count])
            return true
        }
        if count < 0 && errno == EAGAIN { throw WireError(description: "nothing came in time; have: \(have)") }
        wasReset = count < 0 && errno == ECONNRESET
        return false
    }

    private var have: String { String(decoding: buffer.prefix(300), as: UTF8.self) }

    /// Whether the peer has closed; bytes that come before are an error.
    func isClosedByPeer() throws -> Bool {
        guard buffer.isEmpty else { throw WireError(description: "unexpected bytes: \(have)") }
        let isOpen = try fill()
        guard !isOpen else { throw WireError(description: "unexpected bytes: \(have)") }
        return true
    }

    /// All that comes until the end.
    func readToEnd() throws -> [UInt8] {
        while try fill() {}
        defer { buffer = [] }
        return buffer
    }

    /// The next answer; interim answers too, if asked for. `toHead` says that it answers HEAD.
    func readAnswer(toHead: Bool = false, skippingInterim: Bool = true) throws -> WireAnswer {
        let end: [UInt8] = [13, 10, 13, 10]
        var headEnd = buffer.firstIndex(of: end)
        while headEnd == nil {
            guard try fill() else { throw WireError(description: "the connection ended; have: \(have)") }
            headEnd = buffer.firstIndex(of: end)
        }
        let head = String(decoding: buffer[..<headEnd!], as: UTF8.self)
        let parts = head.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0] == "HTTP/1.1" || parts[0] == "HTTP/1.0", let status = Int(parts[1]) else {
            throw WireError(description: "not an answer: \(have)")
        }
        buffer.removeFirst(headEnd! + 4)
        var answer = WireAnswer(status: status, head: head, body: [])
        if status < 200 { return skippingInterim ? try readAnswer(toHead: toHead) : answer }
        if toHead || status == 204 || status == 304 { return answer }
        if answer.field("Transfer-Encoding") == "chunked" {
            answer.body = try readChunks()
        } else if let length = answer.field("Content-Length").flatMap({ Int($0) }) {
            answer.body = try take(length)
        } else {
            answer.body = try readToEnd()
        }
        return answer
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while buffer.count < count {
            guard try fill() else { throw WireError(description: "the body ended after \(buffer.count) of \(count)") }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    private func readChunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            var line: [UInt8] = []
            while line.suffix(2) != [13, 10] { line += try take(1) }
            let size = Int(String(decoding: line.dropLast(2), as: UTF8.self), radix: 16)!
            body += try take(size)
            _ = try take(2)
            if size == 0 { return body }
        }
    }
}

extension Array where Element == UInt8 {
    /// Where `needle` begins first.
    func firstIndex(of needle: [UInt8]) -> Int? {
        guard count >= needle.count else { return nil }
        return indices.first { start in
            start + needle.count <= count && self[start] == needle[0]
                && self[start..<start + needle.count].elementsEqual(needle)
        }
    }
}
