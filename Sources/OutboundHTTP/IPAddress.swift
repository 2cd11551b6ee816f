private import CCurl
private import Glibc

/// An IPv4 or IPv6 address as a value.
public struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// What kind of place an address leads to.
    public enum Scope: Sendable, Hashable {
        /// Reachable over the internet.
        case `public`
        /// A private network, this machine, or another range that the internet does not route.
        case `private`
        /// Never a service of anybody's: link-local (cloud metadata among it), multicast, broadcast, unspecified.
        case never
    }

    /// 4 or 16 bytes in network order.
    let bytes: [UInt8]

    /// - Parameter text: dotted decimal with four parts, or IPv6 as RFC 4291 writes it, without brackets or zone.
    public init?(_ text: String) {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = withUnsafeBytes(of: &four) { Array($0) }
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        bytes = withUnsafeBytes(of: &six) { Array($0) }
    }

    /// An address of 4 or 16 bytes in network order.
    init?(bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// As it is usually written.
    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        _ = bytes.withUnsafeBytes {
            inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, $0.baseAddress, &text, socklen_t(text.count))
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The IPv4 address that an IPv6 address stands for or is translated to: mapped (RFC 4291, 2.5.5.2), compatible
    /// (2.5.5.1), NAT64's well-known prefix (RFC 6052), 6to4 (RFC 3056). Such an address leads where that one does.
    public var embedded: IPAddress? {
        guard bytes.count == 16 else { return nil }
        let zeros = bytes.prefix { $0 == 0 }.count
        // ::, ::1 and the like are addresses of their own.
        if zeros >= 12, bytes[12...].contains(where: { $0 != 0 }), !(zeros == 15 && bytes[15] == 1) {
            return IPAddress(bytes: bytes[12...])
        }
        if zeros == 10, bytes[10] == 0xff, bytes[11] == 0xff { return IPAddress(bytes: bytes[12...]) }
        // ::ffff:0:a.b.c.d of RFC 2765, given up and still translated by some.
        if zeros == 8, bytes[8...11] == [0xff, 0xff, 0, 0] { return IPAddress(bytes: bytes[12...]) }
        if bytes[..<12] == [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0] { return IPAddress(bytes: bytes[12...]) }
        if bytes[..<2] == [0x20, 0x02] { return IPAddress(bytes: bytes[2..<6]) }
        return nil
    }

    /// By IANA's registries of special-purpose addresses. In IPv6 only what is known to be global is public.
    public var scope: Scope {
        if let embedded { return embedded.scope }
        let table = bytes.count == 4 ? Self.special4 : Self.special6
        if let entry = table.first(where: { $0.network.contains(self) }) { return entry.scope }
        return bytes.count == 4 || Self.global6.contains(self) ? .public : .private
    }

    private static let special4: [(network: IPNetwork, scope: Scope)] = [
        ("0.0.0.0/8", .never), ("10.0.0.0/8", .private), ("100.64.0.0/10", .private), ("127.0.0.0/8", .private),
        ("169.254.0.0/16", .never), ("172.16.0.0/12", .private), ("192.0.0.0/24", .private),
        ("192.0.2.0/24", .private), ("192.88.99.0/24", .private), ("192.168.0.0/16", .private),
        ("198.18.0.0/15", .private), ("198.51.100.0/24", .private), ("203.0.113.0/24", .private),
        ("224.0.0.0/4", .never), ("240.0.0.0/4", .never),
    ].compactMap { text, scope in IPNetwork(text).map { ($0, scope) } }

    private static let special6: [(network: IPNetwork, scope: Scope)] = [
        ("::/128", .never), ("fe80::/10", .never), ("ff00::/8", .never), ("fd00:ec2::/32", .never),
        ("2001::/23", .private), ("2001:db8::/32", .private), ("3fff::/20", .private),
    ].compactMap { text, scope in IPNetwork(text).map { ($0, scope) } }

    private static let global6 = IPNetwork(address: IPAddress("2000::"), prefix: 3)
}

/// A block of addresses.
public struct IPNetwork: Sendable, Hashable {
    private let address: IPAddress?
    private let prefix: Int

    /// - Parameter text: `10.0.0.0/8`, `fd00::/8`, or one address.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { return nil }
        let bits = address.bytes.count * 8
        guard parts.count == 2 else {
            self.init(address: address, prefix: bits)
            return
        }
        guard let prefix = Int(parts[1]), parts[1].utf8.allSatisfy({ (48...57).contains($0) }), prefix <= bits else {
            return nil
        }
        self.init(address: address, prefix: prefix)
    }

    /// The block that shares its first bits with an address; nil holds nothing.
    init(address: IPAddress?, prefix: Int) {
        self.address = address
        self.prefix = prefix
    }

    /// Whether an address of the same family is in it.
    public func contains(_ other: IPAddress) -> Bool {
        guard let address, address.bytes.count == other.bytes.count else { return false }
        for (index, (mine, theirs)) in zip(address.bytes, other.bytes).enumerated() {
            let bits = min(8, max(0, prefix - index * 8))
            let mask = UInt8(truncatingIfNeeded: 0xff00 >> bits)
            if mine & mask != theirs & mask { return false }
        }
        return true
    }
}
