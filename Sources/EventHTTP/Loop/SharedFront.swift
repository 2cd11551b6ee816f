internal import Dispatch
internal import Synchronization

/// What the loops of one server share.
final class SharedFront: Sendable {
    let limits: ServerLimits
    let times: LimitTimes
    let gate: GateLimits
    let responder: any HTTPResponder
    let isFastLaneOn: Bool
    let isTLSOn: Bool
    /// What new handshakes are made with; nil before the start and without TLS.
    let tls = Mutex<TLSContext?>(nil)
    let currentTime: @Sendable () -> Int
    let log: @Sendable (HTTPServerConfiguration.LogLevel, String) -> Void
    /// Entered once for each loop when a drain begins; left when the loop has nothing open any more.
    let drained = DispatchGroup()
    /// Connections of all loops, for the limit.
    let connections = Atomic<Int>(0)
    private let exchangeNumber = Atomic<UInt64>(0)
    /// Open connections by address; used only when there is a limit on them.
    private let byAddress = Mutex<[PeerAddress: Int]>([:])

    init(_ configuration: HTTPServerConfiguration, responder: any HTTPResponder) {
        limits = configuration.limits
        times = LimitTimes(configuration.limits)
        gate = GateLimits(configuration.limits)
        self.responder = responder
        isFastLaneOn = configuration.isFastLaneOn
        isTLSOn = configuration.tls != nil
        currentTime = configuration.currentTime
        log = configuration.log
    }

    /// A number that no other exchange has.
    func nextExchange() -> UInt64 {
        exchangeNumber.add(1, ordering: .relaxed).newValue
    }

    /// Counts a connection of `address` in; false if it has as many as it may. Clients of a Unix-domain socket have no
    /// address and no such limit: the file's permissions say who they may be.
    func admit(_ address: PeerAddress) -> Bool {
        guard limits.connectionsPerAddress > 0, address != .unix else { return true }
        return byAddress.withLock { open in
            let count = open[address.withoutPort, default: 0]
            guard count < limits.connectionsPerAddress else { return false }
            open[address.withoutPort] = count + 1
            return true
        }
    }

    /// Counts a connection of `address` out.
    func release(_ address: PeerAddress) {
        guard limits.connectionsPerAddress > 0, address != .unix else { return }
        byAddress.withLock { open in
            guard let count = open[address.withoutPort] else { return }
            open[address.withoutPort] = count > 1 ? count - 1 : nil
        }
    }
}
