internal import EventHTTP
internal import Observability
internal import Pipeline

/// The callers of a key file, ready to be found by a loop.
struct KeyRing: Sendable {
    private struct Member {
        let caller: Caller
        /// Milliseconds since 1970 at which it ends; nil: never.
        let end: UInt64?
    }

    private let members: [Member]
    /// Hash and place in `members` of each key.
    private let hashes: [(hash: SIMD4<UInt64>, member: Int)]
    private let certificates: [String: Int]

    /// - Parameters:
    ///   - file: checked when it was read.
    ///   - defaults: for callers whose entry says nothing.
    ///   - earlier: the ring that this one takes the place of: who keeps his rate keeps what he has used of it.
    init(_ file: KeyFile, defaults: CallerDefaults, earlier: KeyRing? = nil) {
        let old = Dictionary(
            (earlier?.members ?? []).compactMap { member in member.caller.quota.map { (member.caller.name, $0) } },
            uniquingKeysWith: { first, _ in first })
        var hashes: [(SIMD4<UInt64>, Int)] = []
        var certificates: [String: Int] = [:]
        members = file.keys.enumerated().map { index, entry in
            for text in entry.sha256 {
                if let hash = KeyFile.Entry.hash(text) { hashes.append((Self.words(hash), index)) }
            }
            if let certificate = entry.certificate { certificates[certificate] = index }
            let policy = entry.rate.flatMap { QuotaPolicy($0) } ?? defaults.rate
            let quota = policy.map { policy in
                old[entry.name].flatMap { $0.policy == policy ? $0 : nil } ?? RequestQuota(policy)
            }
            let lastDay = entry.expires.flatMap { CalendarDate(iso: $0) }
            return Member(
                caller: Caller(
                    name: entry.name, scopes: Set(entry.scopes.compactMap { Scope(rawValue: $0) }), quota: quota,
                    waitingMax: entry.queue ?? defaults.waitingMax),
                end: lastDay.map { UInt64(max(0, $0.daysSinceEpoch + 1)) * 86_400_000 })
        }
        self.hashes = hashes
        self.certificates = certificates
    }

    /// How many callers there are.
    var count: Int { members.count }

    /// The caller whose key this is.
    ///
    /// The key is hashed and its hash compared with all others to the end, without a branch that depends on what is
    /// equal: how long it takes says nothing of any key, nor of which one it was.
    func caller(key: UnsafeRawBufferPointer, now: UInt64) throws(AuthenticationFailure) -> Caller {
        let digest = SHA256Digest()
        digest.update(key)
        let wanted = Self.words(digest.finish())
        var found = 0
        for (hash, member) in hashes {
            let difference = hash ^ wanted
            let bits = difference.x | difference.y | difference.z | difference.w
            // All ones when there is no difference, else zero.
            let mask = ((bits | (0 &- bits)) &>> 63) &- 1
            found |= (member + 1) & Int(truncatingIfNeeded: mask)
        }
        return try take(found - 1, now)
    }

    /// The caller whose certificate this is.
    func caller(certificate: ClientCertificate, now: UInt64) throws(AuthenticationFailure) -> Caller {
        var fingerprint: [UInt8] = []
        for byte in certificate.sha256 { HexText.append(byte, to: &fingerprint) }
        let names =
            ["sha256:" + String(decoding: fingerprint, as: UTF8.self), certificate.subject]
            + certificate.uris.map { "uri:" + $0 } + certificate.dnsNames.map { "dns:" + $0 }
        return try take(names.lazy.compactMap { certificates[$0] }.first ?? -1, now)
    }

    private func take(_ index: Int, _ now: UInt64) throws(AuthenticationFailure) -> Caller {
        guard members.indices.contains(index) else { throw .unknown }
        if let end = members[index].end, now >= end { throw .expired }
        return members[index].caller
    }

    private static func words(_ hash: [UInt8]) -> SIMD4<UInt64> {
        hash.withUnsafeBytes { $0.loadUnaligned(as: SIMD4<UInt64>.self) }
    }
}

/// What callers get for whom nothing else is said.
struct CallerDefaults: Sendable, Equatable {
    var rate: QuotaPolicy?
    var waitingMax: Int?
}
