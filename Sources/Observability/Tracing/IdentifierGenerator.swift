internal import Synchronization

/// Random identifiers without a system call each: for trace ids, span ids and request ids. Thread-safe.
///
/// Two counters that start at secret random points and are mixed by splitmix64's finalizer (Steele, Lea, Flood 2014):
/// one atomic addition per number, no lock, no repetition within 2^64 numbers. Not for secrets.
public final class IdentifierGenerator: Sendable {
    private let counter = Atomic<UInt64>(0)
    private let seedHigh: UInt64
    private let seedLow: UInt64

    /// A generator that starts at random points of the system's.
    public convenience init() {
        var random = SystemRandomNumberGenerator()
        self.init(seed: (random.next(), random.next()))
    }

    /// A generator that gives the same numbers for the same seed: for tests.
    public init(seed: (UInt64, UInt64)) {
        (seedHigh, seedLow) = seed
    }

    /// 64 random bits, never zero.
    public func next64() -> UInt64 {
        next128().low
    }

    /// 128 random bits; the low half is never zero.
    public func next128() -> (high: UInt64, low: UInt64) {
        let step = counter.wrappingAdd(1, ordering: .relaxed).newValue &* 0x9e37_79b9_7f4a_7c15
        let low = Self.mixed(seedLow &+ step)
        return (Self.mixed(seedHigh ^ step), low == 0 ? 1 : low)
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
