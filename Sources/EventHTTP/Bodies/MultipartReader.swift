internal import Glibc

/// Cuts a multipart body into parts while it arrives (RFC 2046 §5.1.1, RFC 7578).
///
/// DESIGN. A push parser over blocks: it keeps no content, only how much of a delimiter stood at the end of the block
/// before. The delimiter is CRLF `--` boundary; a boundary holds no CR, so a CR can only begin a delimiter, and a
/// partial match that fails is content, with nothing inside it to try again: the search is `memchr` for CR, correct
/// however the body is cut up. A delimiter that is followed neither by `--` nor by blanks and CRLF is content too: the
/// boundary happens to begin some line.
struct MultipartReader: ~Copyable {
    /// What the reader finds, in order.
    enum Event {
        /// A part begins.
        case part(PartHead)
        /// Content of the part; valid during the call only.
        case content(UnsafeRawBufferPointer)
        /// The part has ended.
        case partEnd
    }

    private enum State {
        /// Before the first delimiter, or inside a part's content.
        case preamble, content
        /// Right after a delimiter's boundary; what has come since is in `held`.
        case afterBoundary
        case partHead
        case epilogue
    }

    /// Blanks that may stand after a boundary before the CRLF.
    private static let paddingMax = 256

    private let delimiter: [UInt8]
    private let headLimitBytes: Int
    private var state = State.preamble
    /// Bytes of the delimiter that stood at the end of the last block. The body may begin with a delimiter that has no
    /// CRLF before it: so the search begins as if one had come.
    private var matched = 2
    /// How many of these first bytes are not content: the CRLF that is taken as given at the start of the body, and
    /// that of a part head's empty line (RFC 2046 lets a part without content end there).
    private var borrowed = 2
    /// Whether the part before the boundary in question is open.
    private var isInPart = false
    /// The bytes after a boundary, or of a part's head, when they are cut up.
    private var held: [UInt8] = []

    /// A reader for bodies with this boundary. A part's head may have `headLimitBytes` bytes.
    init(boundary: [UInt8], headLimitBytes: Int) {
        delimiter = Array("\r\n--".utf8) + boundary
        self.headLimitBytes = headLimitBytes
    }

    /// Whether the closing delimiter has come.
    var isComplete: Bool { if case .epilogue = state { true } else { false } }

    /// Whether the next bytes are content, and nothing is held back that may have to be handed on before them.
    var isWithinContent: Bool { if case .content = state { matched == 0 } else { false } }

    /// Reads `block` and hands on what is found in it. Throws what `emit` throws, and `malformedMultipart`.
    mutating func read(
        _ block: UnsafeRawBufferPointer, _ emit: (Event) throws(Refusal) -> Void
    ) throws(Refusal) {
        var position = 0
        while position < block.count {
            switch state {
            case .preamble, .content: try search(block, &position, emit)
            case .afterBoundary: try afterBoundary(block, &position, emit)
            case .partHead: try partHead(block, &position, emit)
            case .epilogue: return
            }
        }
    }

    // MARK: Content

    private mutating func search(
        _ block: UnsafeRawBufferPointer, _ position: inout Int, _ emit: (Event) throws(Refusal) -> Void
    ) throws(Refusal) {
        if matched > 0 {
            let before = matched
            let resumedAt = position
            continueMatch(block, &position)
            if matched == delimiter.count { return beginBoundary() }
            if position == block.count { return }
            // What looked like a delimiter is content.
            matched = 0
            try emitDelimiter(borrowed..<before, emit)
            borrowed = 0
            try emitContent(block, resumedAt..<position, emit)
        }
        let start = position
        while let found = nextReturn(block, from: position) {
            position = found
            let candidate = found
            continueMatch(block, &position)
            guard matched == delimiter.count || position == block.count else {
                matched = 0
                continue
            }
            try emitContent(block, start..<candidate, emit)
            if matched == delimiter.count { beginBoundary() }
            return
        }
        position = block.count
        try emitContent(block, start..<block.count, emit)
    }

    /// Compares on from `position` with what is left of the delimiter, and moves both.
    @inline(__always)
    private mutating func continueMatch(_ block: UnsafeRawBufferPointer, _ position: inout Int) {
        while matched < delimiter.count && position < block.count && block[position] == delimiter[matched] {
            matched += 1
            position += 1
        }
    }

    private func nextReturn(_ block: UnsafeRawBufferPointer, from position: Int) -> Int? {
        guard let base = block.baseAddress, position < block.count,
            let found = memchr(base + position, 13, block.count - position)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    private mutating func beginBoundary() {
        matched = 0
        held.removeAll(keepingCapacity: true)
        state = .afterBoundary
    }

    /// Hands on a stretch of the delimiter that turned out to be content.
    private func emitDelimiter(
        _ range: Range<Int>, _ emit: (Event) throws(Refusal) -> Void
    ) throws(Refusal) {
        guard isInPart, !range.isEmpty else { return }
        try emitBytes(Array(delimiter[range]), emit)
    }

    /// Hands on bytes that do not stand in a block.
    private func emitBytes(_ bytes: [UInt8], _ emit: (Event) throws(Refusal) -> Void) throws(Refusal) {
        var refusal: Refusal?
        bytes.withUnsafeBytes { content in
            do throws(Refusal) {
                try emit(.content(content))
            } catch {
                refusal = error
            }
        }
        if let refusal { throw refusal }
    }

    private func emitContent(
        _ block: UnsafeRawBufferPointer, _ range: Range<Int>, _ emit: (Event) throws(Refusal) -> Void
    ) throws(Refusal) {
        guard isInPart, !range.isEmpty else { return }
        try emit(.content(UnsafeRawBufferPointer(rebasing: block[range])))
    }

    // MARK: Boundary and part head

    /// Waits until it is clear what follows the boundary: `--`, blanks and CRLF, or something else.
    private mutating func afterBoundary(
        _ block: UnsafeRawBufferPointer, _ position: inout Int, _ emit: (Event) throws(Refusal) -> Void
    ) throws(Refusal) {
        let byte = block[position]
        let isDash = byte == UInt8(ascii: "-")
        switch held.last {
        case nil where isDash, nil where byte == 13, nil where ByteClass.isBlank(byte):
            take(byte, &position)
        case UInt8(ascii: "-") where isDash:
            position += 1
            try endPart(emit)
            state = .epilogue
        case 32 where ByteClass.isBlank(byte) || byte == 13, 9 where ByteClass.isBlank(byte) || byte == 13:
            guard held.count < Self.paddingMax else { throw .malformedMultipart("a boundary line is too long") }
            take(byte, &position)
        case 13 where byte == 10:
            position += 1
            try endPart(emit)
            held.removeAll(keepingCapacity: true)
            state = .partHead
        default:
            try resumeContent(emit)
        }
    }

    private mutating func take(_ byte: UInt8, _ position: inout Int) {
        held.append(byte)
        position += 1
    }

    /// The boundary only began a line of the content: hands on what was held back.
    private mutating func resumeContent(_ emit: (Event) throws(Refusal) -> Void) throws(Refusal) {
        state = isInPart ? .content : .preamble
        // A CR at the end of what was held may begin the real delimiter.
        let endsInReturn = held.last == 13
        if endsInReturn { held.removeLast() }
        if isInPart { try emitBytes(Array(delimiter[borrowed...]) + held, emit) }
        borrowed = 0
        held.removeAll(keepingCapacity: true)
        matched = endsInReturn ? 1 : 0
    }

    private mutating func endPart(_ emit: (Event) throws(Refusal) -> Void) throws(Refusal) {
        if isInPart { try emit(.partEnd) }
        isInPart = false
    }

    private mutating func partHead(
        _ block: UnsafeRawBufferPointer, _ position: inout Int, _ emit: (Event) throws(Refusal) -> Void
    ) throws(Refusal) {
        while position < block.count {
            guard held.count < headLimitBytes else {
                throw .malformedMultipart("the head of a part is longer than \(headLimitBytes) bytes")
            }
            let byte = block[position]
            position += 1
            held.append(byte)
            guard byte == 10 else { continue }
            let count = held.count
            guard count >= 2, held[count - 2] == 13 else {
                throw .malformedMultipart("a line in the head of a part does not end in CRLF")
            }
            let isEmptyLine = count == 2 || held[count - 3] == 10
            guard isEmptyLine else { continue }
            return try beginPart(emit)
        }
    }

    private mutating func beginPart(_ emit: (Event) throws(Refusal) -> Void) throws(Refusal) {
        var head: PartHead?
        var refusal: Refusal?
        held.withUnsafeBytes { bytes in
            do throws(Refusal) {
                head = try PartHead(parsing: UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 2)]))
            } catch {
                refusal = error
            }
        }
        if let refusal { throw refusal }
        held.removeAll(keepingCapacity: true)
        isInPart = true
        state = .content
        (matched, borrowed) = (2, 2)
        if let head { try emit(.part(head)) }
    }
}
