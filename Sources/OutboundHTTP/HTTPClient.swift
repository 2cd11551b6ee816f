private import Foundation
private import Synchronization

// DESIGN: blocking calls over a pool of sessions.
//
// A session is a libcurl multi handle with one easy handle: the multi owns the connections that its transfers leave
// open, and can be woken from another thread, which the easy interface alone cannot. A call takes an idle session that
// last spoke to the same origin under the same policy (or makes one), so that a guarded request never finds a
// connection that was opened without the guard. It runs its transfer to the end on the calling thread, and gives the
// session back, so a session is used by one thread at a time and a connection is found again. The pool keeps a bounded
// number of idle sessions and drops the one that has been idle longest.
//
// libcurl's connection sharing between threads (CURL_LOCK_DATA_CONNECT) is not used: its manual says that it is not
// safe between concurrent threads.

/// Takes content while it comes; what it throws ends the transfer.
public typealias HTTPContentReceiver = (UnsafeRawBufferPointer) throws -> Void

/// The service's HTTP client, on libcurl: pooled connections, TLS verified, deadlines, no redirects. Thread-safe.
public final class HTTPClient: Sendable {
    /// What all requests of a client share.
    public struct Configuration: Sendable {
        /// PEM file of certificate authorities to trust instead of the system's.
        public var certificateAuthorityFile: String?
        /// Proxy URL; nil connects directly (libcurl's own look into the environment is switched off).
        public var proxy: String?
        /// Sent as `User-Agent`.
        public var userAgent = "idp-server"
        /// Sessions kept open while idle.
        public var idleSessionLimit = 32
        /// Threads that serve the async form at most; calls beyond wait for one.
        public var asyncThreadLimit = 16

        /// Direct connections, the system's certificate authorities.
        public init() {}
    }

    private let configuration: Configuration
    private let idle = Mutex<[CurlSession]>([])
    private let threads: OperationQueue

    /// A client.
    public init(_ configuration: Configuration = Configuration()) {
        _ = CurlLibrary.isReady
        self.configuration = configuration
        threads = OperationQueue()
        threads.name = "idp.outbound"
        threads.maxConcurrentOperationCount = configuration.asyncThreadLimit
    }

    /// Sends a request and waits for its answer on the calling thread: a queue's, never a loop's.
    ///
    /// - Parameter receiver: takes the content of an answer with a 2xx status while it comes, on the calling thread;
    ///   the answer's `body` is then empty. Throwing ends the request as `localFailure`. Content of other statuses is
    ///   an error's text and comes in `body`, at most 64 KiB of it.
    public func send(
        _ request: HTTPClientRequest, abort: HTTPAbort? = nil, receiver: HTTPContentReceiver? = nil
    ) throws(HTTPClientError) -> HTTPClientResponse {
        try send(request, until: .now.advanced(by: request.timeout), abort: abort, receiver: receiver)
    }

    /// Sends a request from a task; cancelling the task aborts the transfer.
    public func send(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        let abort = HTTPAbort()
        let end = ContinuousClock.now.advanced(by: request.timeout)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                threads.addOperation {
                    continuation.resume(with: Result { try self.send(request, until: end, abort: abort, receiver: nil) })
                }
            }
        } onCancel: {
            abort.abort()
        }
    }

    /// How many sessions wait for their next request.
    public var idleSessionCount: Int { idle.withLock { $0.count } }

    private func send(
        _ request: HTTPClientRequest, until end: ContinuousClock.Instant, abort: HTTPAbort?,
        receiver: HTTPContentReceiver?
    ) throws(HTTPClientError) -> HTTPClientResponse {
        let target = try RequestCheck.target(of: request)
        if let address = target.address, !request.destination.permits(address, of: target) { throw .blocked }
        let session = try takeSession(CurlSession.Key(origin: target.origin, destination: request.destination))
        let outcome = Result { () throws(HTTPClientError) in
            try session.perform(
                OutgoingRequest(request: request, target: target, receiver: receiver), configuration, until: end,
                abort: abort)
        }
        giveBack(session)
        return try outcome.get()
    }

    private func takeSession(_ key: CurlSession.Key) throws(HTTPClientError) -> CurlSession {
        let known = idle.withLock { idle -> CurlSession? in
            guard let index = idle.lastIndex(where: { $0.key == key }) else { return nil }
            return idle.remove(at: index)
        }
        if let known { return known }
        guard let new = CurlSession(key: key) else { throw .failed("libcurl gave no handle") }
        return new
    }

    private func giveBack(_ session: CurlSession) {
        // The dropped session closes its connections when it goes away, which must not happen under the lock.
        let dropped = idle.withLock { idle -> CurlSession? in
            idle.append(session)
            return idle.count > configuration.idleSessionLimit ? idle.removeFirst() : nil
        }
        withExtendedLifetime(dropped) {}
    }
}
