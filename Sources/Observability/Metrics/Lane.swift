/// The index of a shard that instruments write to. Each event loop and each worker queue owns one, so that recording
/// is a plain load and store on its own cache line; code without a lane of its own writes to `shared`, atomically.
public struct Lane: Sendable, Hashable {
    public let index: Int

    public init(index: Int) {
        self.index = index
    }

    /// Any thread may write here at any time (an atomic addition).
    public static let shared = Lane(index: 0)
}
