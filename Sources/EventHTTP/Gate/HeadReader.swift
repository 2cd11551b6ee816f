internal import Glibc

/// From bytes to a head that is valid or refused.
///
/// DESIGN. The decision must not depend on how the bytes are cut up on the way, and must not wait for bytes that can
/// not change it: a client that speaks something else sends one line and waits. So the first thing that is wrong
/// decides, in the order of the bytes: a request line is judged when its CRLF has come, a byte that may not stand where
/// it stands when it comes, the fields when the head is complete.
enum HeadReader {
    enum Outcome {
        /// More bytes are needed; scanning goes on at this offset.
        case incomplete(resumeAt: Int)
        /// The bytes are no head.
        case refused(Refusal)
        /// The head is this many bytes; what is known of it is in the table. It may be refused all the same.
        case complete(length: Int, Refusal?)
    }

    /// Looks at `input`, which begins with the head's first byte and was scanned before up to `offset`.
    static func read(
        _ input: UnsafeRawBufferPointer, from offset: Int, into table: HeadTable, _ limits: GateLimits
    ) -> Outcome {
        guard let base = input.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            return .incomplete(resumeAt: 0)
        }
        switch HeadScan.scan(input, from: offset, limits) {
        case .complete(let length):
            return .complete(length: length, HeadParser.parse(base, length: length, into: table, limits))
        case .incomplete(let resumeAt):
            if let refusal = lineRefusal(base, scanned: resumeAt, into: table, limits) { return .refused(refusal) }
            return .incomplete(resumeAt: resumeAt)
        case .refused(let refusal, let position):
            return .refused(lineRefusal(base, scanned: position, into: table, limits) ?? refusal)
        }
    }

    /// What is wrong with the request line, if that has come whole or is too long. The first `scanned` bytes are good.
    private static func lineRefusal(
        _ base: UnsafePointer<UInt8>, scanned: Int, into table: HeadTable, _ limits: GateLimits
    ) -> Refusal? {
        guard let lineFeed = memchr(base, 10, scanned) else {
            return scanned > limits.requestLineBytes ? .targetTooLong(limit: limits.targetBytes) : nil
        }
        let length = UnsafeRawPointer(lineFeed) - UnsafeRawPointer(base) + 1
        return HeadParser.parseLine(base, length: length, into: table, limits)
    }
}
