internal import EventHTTP
internal import Observability
internal import Synchronization

/// Tells who is calling from what a request brought. Called on loops: it may compute, never wait.
protocol CallerSource: Sendable {
    /// - Parameters:
    ///   - credential: of `Authorization: Bearer` or `X-API-Key`.
    ///   - now: milliseconds since 1970.
    func caller(credential: UnsafeRawBufferPointer, now: UInt64) throws(AuthenticationFailure) -> Caller

    /// The caller that a verified client certificate stands for, where no credential came.
    func caller(certificate: ClientCertificate, now: UInt64) throws(AuthenticationFailure) -> Caller

    /// Called once, when the service starts.
    func start()

    /// Reads anew what it knows callers by, at SIGHUP. A source that is bad changes nothing.
    ///
    /// - Throws: what was wrong, for the log.
    func reload() throws

    /// Why nobody can be known for now; nil while all is well. For `/ready`.
    var failure: String? { get }
}

/// Callers by a file of keys.
final class KeyCallers: CallerSource {
    /// Longer credentials are none of ours: a limit of what is hashed for nothing.
    static let keyBytesMax = 512

    private let path: String
    private let defaults: CallerDefaults
    private let ring: Mutex<KeyRing>

    /// - Throws: `KeyFileMistake`.
    init(path: String, defaults: CallerDefaults) throws {
        self.path = path
        self.defaults = defaults
        ring = Mutex(KeyRing(try KeyFile(path: path), defaults: defaults))
    }

    func caller(credential: UnsafeRawBufferPointer, now: UInt64) throws(AuthenticationFailure) -> Caller {
        guard credential.count <= Self.keyBytesMax else { throw .unknown }
        return try ring.withLock { $0 }.caller(key: credential, now: now)
    }

    func caller(certificate: ClientCertificate, now: UInt64) throws(AuthenticationFailure) -> Caller {
        try ring.withLock { $0 }.caller(certificate: certificate, now: now)
    }

    func reload() throws {
        let file = try KeyFile(path: path)
        ring.withLock { $0 = KeyRing(file, defaults: defaults, earlier: $0) }
    }

    func start() {}

    var failure: String? { nil }
}
