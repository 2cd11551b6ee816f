/// What a client may ask of the front, and for how long. Each limit has a defined answer.
public struct ServerLimits: Sendable {
    /// Bytes of a request head, from its first byte to the empty line; more is 431. At most 65,535. Browsers and
    /// proxies stay below 8 KiB; Node and nginx allow 16 and 32.
    public var headBytes = 16 << 10
    /// Bytes of a request target; more is 414. RFC 9112 §3 asks for at least 8,000 octets.
    public var targetBytes = 8 << 10
    /// Fields of a request head; more is 431. Apache allows 100.
    public var fields = 100
    /// From the first byte of a head to its end, in all and not between bytes: a trickled head is answered 408.
    public var headTime: Duration = .seconds(10)
    /// The longest time that a body may take, whatever its rate; then 408.
    public var bodyTime: Duration = .seconds(300)
    /// The lowest rate of a body in bytes per second, over the whole of it, once `bodyRateGrace` has passed; else 408.
    public var bodyRateMin = 1 << 10
    /// How long a body may be slower than `bodyRateMin`.
    public var bodyRateGrace: Duration = .seconds(10)
    /// How long a connection may be silent between requests; then it is closed without a word.
    public var idleTime: Duration = .seconds(60)
    /// How long a client may take nothing of an answer; then the connection is reset.
    public var writeStallTime: Duration = .seconds(30)
    /// The longest time from the last byte of a request to its answer; then 504. A backstop: above the service's own
    /// deadlines.
    public var handlerTime: Duration = .seconds(330)
    /// Connections in all. Above it, none is accepted: they wait in the backlog.
    public var connections = 10_000
    /// Connections of one address; above it they are closed at once. 0 means no limit: behind a proxy all come from
    /// one address.
    public var connectionsPerAddress = 0
    /// Bytes that a client may send ahead while a request of its is being answered; then its socket is not read.
    public var pipelinedBytes = 256 << 10
    /// Bytes of a refused request that are read and thrown away, so that the client gets to read the answer (closing
    /// with unread input makes the kernel reset the connection).
    public var drainBytes = 1 << 20
    /// How long that reading goes on.
    public var drainTime: Duration = .seconds(2)

    /// The default limits.
    public init() {}
}
