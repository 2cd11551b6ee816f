/// A count of what the front is doing and has done: a snapshot that may be taken on any thread.
public struct FrontStatistics: Sendable, Equatable {
    /// Connections open now.
    public var connectionsOpen = 0
    /// Connections accepted since the start.
    public var connectionsAccepted = 0
    /// How often accepting was paused because `ServerLimits.connections` were open.
    public var refusedByCapacity = 0
    /// Connections closed at once because their address had `ServerLimits.connectionsPerAddress` open.
    public var refusedByAddress = 0
    /// How often accepting was paused because the process was out of descriptors or memory.
    public var refusedByDescriptors = 0
    /// Accepted requests that have not ended, by the raw value of their method.
    public var requestsInFlightByMethod = [Int](repeating: 0, count: HTTPMethod.allCases.count)
    /// How often each limit on a connection was reached.
    public var limitsReached: [FrontLimit: Int] = [:]
    /// Requests answered, inline and queued.
    public var requestsAnswered = 0
    /// Requests that the front itself refused.
    public var requestsRefused = 0
    /// Bytes received.
    public var bytesIn = 0
    /// Bytes sent.
    public var bytesOut = 0
    /// TLS handshakes that have ended.
    public var handshakes: [TLSHandshakeOutcome: Int] = [:]

    /// Accepted requests that have not ended.
    public var requestsInFlight: Int { requestsInFlightByMethod.reduce(0, +) }

    /// Nothing counted yet.
    public init() {}
}
