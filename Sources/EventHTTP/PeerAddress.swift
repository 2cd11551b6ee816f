internal import Glibc

/// Who is at the other end of a connection: a plain value that is cheap to copy; text is made on demand.
public enum PeerAddress: Sendable, Hashable, CustomStringConvertible {
    /// An IPv4 address and port, both in host byte order.
    case ipv4(UInt32, port: UInt16)
    /// An IPv6 address as two halves in host byte order, and its port.
    case ipv6(high: UInt64, low: UInt64, port: UInt16)
    /// A peer on a Unix-domain socket: it has no address of its own.
    case unix

    /// `127.0.0.1:5000`, `[::1]:5000` or `unix`.
    public var description: String {
        switch self {
        case .ipv4(_, let port): "\(host):\(port)"
        case .ipv6(_, _, let port): "[\(host)]:\(port)"
        case .unix: "unix"
        }
    }

    /// The address without its port, as `inet_ntop` writes it.
    public var host: String { withHostBytes { $0.text } }

    /// Runs `body` with the bytes of `host`, valid during the call. Allocates nothing.
    public func withHostBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            text.initialize(repeating: 0)
            switch self {
            case .ipv4(let address, _):
                // By hand: `inet_ntop` goes through `printf`, which costs more than the rest of an access line.
                return body(Self.writeDotted(address, into: UnsafeMutableRawBufferPointer(text)))
            case .ipv6(let high, let low, _):
                var halves = (high.bigEndian, low.bigEndian)
                inet_ntop(AF_INET6, &halves, text.baseAddress, socklen_t(text.count))
            case .unix:
                let name: StaticString = "unix"
                return body(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
            }
            let length = text.firstIndex(of: 0) ?? text.count
            return body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(text)[..<length]))
        }
    }

    private static func writeDotted(
        _ address: UInt32, into text: UnsafeMutableRawBufferPointer
    ) -> UnsafeRawBufferPointer {
        var length = 0
        func put(_ byte: UInt8) {
            text[length] = byte
            length += 1
        }
        for shift in stride(from: 24, through: 0, by: -8) {
            let byte = UInt8(truncatingIfNeeded: address >> shift)
            if byte >= 100 { put(UInt8(ascii: "0") + byte / 100) }
            if byte >= 10 { put(UInt8(ascii: "0") + byte / 10 % 10) }
            put(UInt8(ascii: "0") + byte % 10)
            if shift > 0 { put(UInt8(ascii: ".")) }
        }
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(text)[..<length])
    }

    /// The same address with no port: what connections are counted by.
    var withoutPort: PeerAddress {
        switch self {
        case .ipv4(let address, _): .ipv4(address, port: 0)
        case .ipv6(let high, let low, _): .ipv6(high: high, low: low, port: 0)
        case .unix: .unix
        }
    }
}
