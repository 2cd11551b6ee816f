/// The index of a shard that instruments write to. Each event loop and each worker queue owns one, so that recording
/// is a plain load and store on its own cache line; code without a lane of its own writes to `shared`, atomically.
public struct Lane: Sendable, Hashable {
    /// 0 is `shared`; 1 and up are owned by one thread or one serial queue each.
    public let index: Int

    /// The lane at `index`; indices that the registry does not know are written like `shared`.
    @inlinable
    public init(index: Int) {
        self.index = index
    }

    /// Any thread may write here at any time (an atomic addition).
    @inlinable
    public static var shared: Lane { Lane(index: 0) }
}
