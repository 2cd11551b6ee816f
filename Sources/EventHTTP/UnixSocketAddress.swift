/// A Unix-domain socket to listen on.
public struct UnixSocketAddress: Sendable, Equatable {
    /// The path of the socket's file, at most 107 bytes. Beside it lies `<path>.lock` while a server listens.
    public var path: String
    /// The permissions of the file: who may write to it may connect.
    public var mode: UInt32

    /// The longest path that the kernel takes (unix(7)).
    public static let pathBytesMax = 107

    /// The socket at `path`.
    public init(path: String, mode: UInt32 = 0o660) {
        self.path = path
        self.mode = mode
    }
}
