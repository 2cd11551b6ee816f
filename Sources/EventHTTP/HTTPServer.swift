internal import Synchronization

/// An HTTP/1.1 server on libevent's evhttp: event loops, each a thread with a listener of its own.
public final class HTTPServer: Sendable {
    private let configuration: HTTPServerConfiguration
    private let responder: any HTTPResponder

    /// A server that is not listening yet.
    public init(_ configuration: HTTPServerConfiguration, responder: any HTTPResponder) {
        self.configuration = configuration
        self.responder = responder
    }

    /// Binds, listens and starts the loops.
    public func start() throws(HTTPServerError) {
        throw .invalidConfiguration("the loops are not written yet")
    }

    /// The port that was bound; 0 before `start`.
    public var port: UInt16 { 0 }

    /// Stops accepting, says `Connection: close` from now on, closes idle connections and waits until open exchanges
    /// have ended, at the latest at `instant`. Blocks the caller, which may not be a loop. Can be called again.
    public func drain(by instant: ContinuousClock.Instant) {}

    /// Closes what is open, frees the loops on their own threads and waits for these. Can be called again.
    public func stop() {}

    /// What the front does now and has done.
    public func statistics() -> FrontStatistics { FrontStatistics() }
}
