/// Finds the end of a request head, byte for byte strict and resumable: no byte is looked at twice however the head is
/// cut up on the way.
///
/// Only CRLF ends a line; a bare CR or LF, a control byte or NUL refuses the message at once, without waiting for the
/// rest (RFC 9112 §2.2, §5.5; a lenient reading is what request smuggling lives on).
enum HeadScan {
    enum Outcome: Equatable {
        /// The head is this many bytes, the empty line included.
        case complete(length: Int)
        /// More bytes are needed; scanning goes on at this offset.
        case incomplete(resumeAt: Int)
        /// The byte at this offset is one that may not stand there, or one too many.
        case refused(Refusal, at: Int)
    }

    /// Looks at `input`, which begins with the head's first byte, from `offset` on.
    static func scan(_ input: UnsafeRawBufferPointer, from offset: Int, _ limits: GateLimits) -> Outcome {
        guard let base = input.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            return .incomplete(resumeAt: 0)
        }
        let end = min(input.count, limits.headBytes)
        if offset == 0 && end > 0 && !ByteClass.isToken(base[0]) {
            return .refused(.badRequest("the request line does not begin with a method"), at: 0)
        }
        var index = offset
        while true {
            // A blank at the beginning of a line would fold it (RFC 9112 §5.2): no later byte makes that good.
            if index > 0 && index < end && base[index - 1] == 10 && ByteClass.isBlank(base[index]) {
                return .refused(.badRequest("a field name is malformed"), at: index)
            }
            index = skipPlainBytes(base, from: index, to: end)
            guard index < end else { break }
            let byte = base[index]
            if byte == 9 {
                index += 1
                continue
            }
            guard byte == 13 else {
                return .refused(
                    .badRequest(byte == 10 ? "a line does not end in CRLF" : "a control byte in the head"), at: index)
            }
            guard index + 1 < end else { break }
            guard base[index + 1] == 10 else {
                return .refused(.badRequest("a line does not end in CRLF"), at: index + 1)
            }
            if index >= 2 && base[index - 1] == 10 { return .complete(length: index + 2) }
            index += 2
        }
        return incomplete(base, count: input.count, resumeAt: index, limits)
    }

    /// How many bytes of empty lines stand before the request line (RFC 9112 §2.2 lets a server skip them).
    static func emptyLines(_ input: UnsafeRawBufferPointer) -> Int {
        var count = 0
        while count + 1 < input.count && input[count] == 13 && input[count + 1] == 10 { count += 2 }
        return count
    }

    private static func incomplete(
        _ base: UnsafePointer<UInt8>, count: Int, resumeAt index: Int, _ limits: GateLimits
    ) -> Outcome {
        if count > limits.requestLineBytes || count >= limits.headBytes {
            let line = UnsafeBufferPointer(start: base, count: min(count, limits.requestLineBytes, limits.headBytes))
            guard line.contains(10) else { return .refused(.targetTooLong(limit: limits.targetBytes), at: count) }
        }
        guard count < limits.headBytes else {
            return .refused(.headTooLarge(limit: limits.headBytes), at: limits.headBytes)
        }
        return .incomplete(resumeAt: index)
    }

    /// The offset of the first byte below 0x20 or equal to 0x7F, eight bytes at a time (the arithmetic tells exactly
    /// whether one of the eight is such a byte; which one, the loop at the end finds).
    @inline(__always)
    private static func skipPlainBytes(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        var index = start
        while index &+ 8 <= end {
            let word = UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self)
            let belowBlank = (word &- ones &* 0x20) & ~word & highs
            let flipped = word ^ (ones &* 0x7F)
            let isDelete = (flipped &- ones) & ~flipped & highs
            if belowBlank | isDelete != 0 { break }
            index &+= 8
        }
        while index < end && base[index] >= 0x20 && base[index] != 0x7F { index &+= 1 }
        return index
    }
}

/// The limits that the gate itself holds, as plain numbers.
struct GateLimits {
    var headBytes: Int
    var targetBytes: Int
    var fields: Int
    /// Bytes of a request line, its CRLF included: a method of at most 15 bytes, two blanks and the version stand
    /// around the target.
    var requestLineBytes: Int { targetBytes + 32 }

    init(_ limits: ServerLimits) {
        headBytes = limits.headBytes
        targetBytes = limits.targetBytes
        fields = limits.fields
    }
}
