import Glibc

/// Flags of socket calls, as the calls take them.
///
/// Glibc has them as cases of nameless C enums. A test target that imports another C module which includes the same
/// header can lose sight of those; this target imports none.
public enum SocketFlags {
    /// `send` answers EPIPE instead of raising SIGPIPE.
    public static let noSignal = Int32(MSG_NOSIGNAL)
    /// The call does not wait.
    public static let dontWait = Int32(MSG_DONTWAIT)
    /// `recv` waits for as much as was asked for.
    public static let waitAll = Int32(MSG_WAITALL)
    /// `shutdown` ends both sides.
    public static let shutdownBoth = Int32(SHUT_RDWR)
    /// `shutdown` ends the sending side.
    public static let shutdownWriting = Int32(SHUT_WR)
}
