/// Thrown when something awaited did not happen in time.
public struct WaitedTooLong: Error, CustomStringConvertible {
    /// What was awaited, in words.
    public var awaited: String
    /// How long it was awaited.
    public var limit: Duration

    /// Says what did not happen within `limit`.
    public init(awaited: String, limit: Duration) {
        self.awaited = awaited
        self.limit = limit
    }

    public var description: String { "not within \(limit): \(awaited)" }
}

/// Waits until `probe` gives a value, asking every `interval`, and throws `WaitedTooLong` after `limit`.
///
/// For what has no event to wait for: another program's state. An error thrown by `probe` ends the wait.
@discardableResult
public func eventually<Value>(
    _ awaited: String, within limit: Duration = .seconds(60), every interval: Duration = .milliseconds(10),
    _ probe: () async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    let end = clock.now + limit
    while true {
        if let value = try await probe() { return value }
        if clock.now >= end { throw WaitedTooLong(awaited: awaited, limit: limit) }
        try await Task.sleep(for: interval)
    }
}

/// Waits until `condition` holds; see `eventually(_:within:every:_:)`.
public func eventually(
    _ awaited: String, within limit: Duration = .seconds(60), every interval: Duration = .milliseconds(10),
    that condition: () async throws -> Bool
) async throws {
    try await eventually(awaited, within: limit, every: interval) { try await condition() ? true : nil }
}
