/// Where the content of a request's body goes. Used on the loop's thread only.
protocol BodySink: AnyObject {
    /// Takes bytes that are valid during the call only. Throws why the request cannot be accepted.
    func consume(_ bytes: UnsafeRawBufferPointer) throws(Refusal)

    /// In whose `room` the next content may be put before it is consumed, which saves its copy; nil for anywhere.
    /// Asked for right before the read; nothing but content may be read into it, consumed by one call.
    var contentBlock: UploadBlock? { get }

    /// Whether the socket should not be read until `BodySinkWaker` says so: the disk lags behind.
    var isSaturated: Bool { get }

    /// Hands on what it holds back, if memory is short. Called now and then.
    func relieve()

    /// The body, once all content has come; nil if it is still being written, and `BodySinkWaker` will be woken.
    func finish() throws(Refusal) -> Body?

    /// The request will not be handled: whatever was written goes.
    func cancel()
}

/// Tells a connection's loop, from any thread, to look at its sink again.
typealias BodySinkWaker = @Sendable () -> Void

extension Refusal: Error {}

extension BodySink {
    /// Most sinks take content from anywhere.
    var contentBlock: UploadBlock? { nil }

    /// Most sinks hold nothing back.
    func relieve() {}
}

/// Throws the content away.
final class DiscardSink: BodySink {
    let isSaturated = false

    func consume(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {}

    func finish() throws(Refusal) -> Body? { Body.none }

    func cancel() {}
}

/// Keeps the content in memory.
final class CollectSink: BodySink {
    private var collected: [UInt8] = []
    let isSaturated = false

    /// `expected` bytes were announced; room for at most 64 KiB of them is taken ahead, so that a large announcement
    /// costs no memory before its bytes come.
    init(expected: Int) {
        collected.reserveCapacity(min(expected, 64 << 10))
    }

    func consume(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
        collected.append(contentsOf: bytes)
    }

    func finish() throws(Refusal) -> Body? { .bytes(collected) }

    func cancel() {
        collected = []
    }
}

/// Counts and hashes the content.
final class DigestSink: BodySink {
    private let digest = SHA256Digest()
    private var length = 0
    let isSaturated = false

    func consume(_ bytes: UnsafeRawBufferPointer) throws(Refusal) {
        digest.update(bytes)
        length += bytes.count
    }

    func finish() throws(Refusal) -> Body? { .digest(length: length, sha256: digest.finish()) }

    func cancel() {}
}
