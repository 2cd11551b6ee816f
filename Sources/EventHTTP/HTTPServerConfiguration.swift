/// How a server listens and what it allows.
public struct HTTPServerConfiguration: Sendable {
    /// How loud a line is that libevent or the front itself wants to be logged.
    public enum LogLevel: Sendable {
        case debug, notice, warning, error
    }

    /// The address to bind, IPv4 or IPv6 in numbers.
    public var host = "127.0.0.1"
    /// The port to bind; 0 takes any that is free.
    public var port: UInt16 = 8000
    /// The number of event loops, each a thread with a listener of its own; the kernel spreads connections over them.
    public var loops = 1
    /// Connections that the kernel keeps for each listener until they are accepted (capped by `net.core.somaxconn`).
    public var backlog: Int32 = 1024
    /// A Unix-domain socket to listen on beside that, always in clear text.
    public var unixSocket: UnixSocketAddress?
    /// TLS on `host` and `port`; nil for clear text.
    public var tls: TLSConfiguration?
    /// What clients may ask.
    public var limits = ServerLimits()
    /// Whether requests that `admit` answers may be written to the socket without an evhttp request being made. Both
    /// ways give the same bytes; off, every answer goes through evhttp.
    public var isFastLaneOn = true
    /// Seconds since 1970 for the `Date` field. Asked once a second by each loop.
    public var currentTime: @Sendable () -> Int
    /// Receives the lines of libevent and of the front. Called on loop threads: may not block.
    public var log: @Sendable (LogLevel, String) -> Void

    /// A server on `host` and `port`.
    public init(
        host: String = "127.0.0.1", port: UInt16 = 8000, loops: Int = 1,
        currentTime: @escaping @Sendable () -> Int,
        log: @escaping @Sendable (LogLevel, String) -> Void = { _, _ in }
    ) {
        self.host = host
        self.port = port
        self.loops = loops
        self.currentTime = currentTime
        self.log = log
    }
}
