/// Cuts a request's body out of the bytes of a connection, by its announced length or by chunks (RFC 9112 §6, §7).
///
/// Strict where readers are known to disagree: chunk sizes are hexadecimal digits and nothing else, lines end in CRLF,
/// data is followed by CRLF. Chunk extensions are read and ignored, trailers read and dropped, both within limits.
struct BodyFramer {
    enum Step {
        /// Bytes of the content, in place.
        case content(UnsafeRawBufferPointer)
        /// All that was given has been read; there is more to come.
        case needsMore
        /// The body is complete.
        case end
        case refused(Refusal)
    }

    /// Where the next byte stands.
    private enum State {
        case length(remaining: Int)
        case size, sizeBlank, extensions, sizeLineFeed
        case data(remaining: Int)
        case dataReturn, dataLineFeed
        case trailerStart, trailerName, trailerValue, trailerLineFeed
        case lastLineFeed
        case done
    }

    /// Bytes of one chunk-size line, extensions included. Nothing of use comes in them.
    private static let sizeLineMax = 1 << 10
    /// Bytes of all trailer fields.
    private static let trailersMax = 8 << 10
    /// More digits than this, leading zeros aside, would be larger than any limit.
    private static let sizeDigitsMax = 15
    /// Bytes of the chunk-size lines of one body beyond what sizes need: chunks of one byte with a long extension each
    /// would make the front read a thousand times what it takes.
    private static let extensionsMax = 64 << 10

    private var state: State
    private let limitBytes: Int
    private var size = 0
    private var digits = 0
    private var lineBytes = 0
    private var extensionBytes = 0
    /// Content so far.
    private(set) var contentBytes = 0

    /// A framer for the body that `facts` announce. A chunked body of more than `limitBytes` is refused when the chunk
    /// that goes above begins; an announced length the caller checks before.
    init(_ facts: HeadFacts, limitBytes: Int) {
        self.limitBytes = limitBytes
        state = facts.isChunked ? .size : .length(remaining: facts.declaredBodyLength)
    }

    /// Whether the whole body has been read.
    var isComplete: Bool {
        switch state {
        case .done: true
        case .length(let remaining): remaining == 0
        case .size, .sizeBlank, .extensions, .sizeLineFeed, .data, .dataReturn, .dataLineFeed, .trailerStart,
            .trailerName, .trailerValue, .trailerLineFeed, .lastLineFeed:
            false
        }
    }

    /// Bytes that are still to come and are content, all of them; 0 if that is not known.
    var plainBytesLeft: Int {
        if case .length(let remaining) = state { remaining } else { 0 }
    }

    /// Reads on in `input` from `position`, which is moved. Called again until it says anything but `content`.
    mutating func next(_ input: UnsafeRawBufferPointer, _ position: inout Int) -> Step {
        while true {
            switch state {
            case .length(let remaining):
                guard remaining > 0 else { return .end }
                guard let content = take(input, &position, remaining) else { return .needsMore }
                state = .length(remaining: remaining - content.count)
                return .content(content)
            case .data(let remaining):
                guard let content = take(input, &position, remaining) else { return .needsMore }
                let left = remaining - content.count
                state = left > 0 ? .data(remaining: left) : .dataReturn
                return .content(content)
            case .done:
                return .end
            case .size, .sizeBlank, .extensions, .sizeLineFeed, .dataReturn, .dataLineFeed, .trailerStart,
                .trailerName, .trailerValue, .trailerLineFeed, .lastLineFeed:
                guard position < input.count else { return .needsMore }
                let byte = input[position]
                position += 1
                if let refusal = step(byte) { return .refused(refusal) }
            }
        }
    }

    private mutating func take(
        _ input: UnsafeRawBufferPointer, _ position: inout Int, _ remaining: Int
    ) -> UnsafeRawBufferPointer? {
        let count = min(remaining, input.count - position)
        guard count > 0 else { return nil }
        defer { position += count }
        contentBytes += count
        return UnsafeRawBufferPointer(rebasing: input[position..<position + count])
    }

    /// One byte between the content; nil if it is where it belongs.
    private mutating func step(_ byte: UInt8) -> Refusal? {
        switch state {
        case .size: return sizeByte(byte)
        case .sizeBlank:
            if byte == UInt8(ascii: ";") { state = .extensions } else if !ByteClass.isBlank(byte) { return malformed }
            return countLineByte()
        case .extensions:
            if byte == 13 { state = .sizeLineFeed } else if !ByteClass.isFieldValue(byte) { return malformed }
            return countLineByte()
        case .sizeLineFeed:
            guard byte == 10 else { return malformed }
            return beginChunk()
        case .dataReturn:
            guard byte == 13 else { return malformed }
            state = .dataLineFeed
        case .dataLineFeed:
            guard byte == 10 else { return malformed }
            (size, digits, lineBytes) = (0, 0, 0)
            state = .size
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed:
            return trailerByte(byte)
        case .lastLineFeed:
            guard byte == 10 else { return malformed }
            state = .done
        case .length, .data, .done:
            preconditionFailure("Content is not read byte by byte.")
        }
        return nil
    }

    private mutating func sizeByte(_ byte: UInt8) -> Refusal? {
        if ByteClass.isHexDigit(byte) {
            guard size >> (4 * (Self.sizeDigitsMax - 1)) == 0 else { return .bodyTooLarge(limit: limitBytes) }
            size = size << 4 | Int(ByteClass.hexValue(byte))
            digits += 1
            return size == 0 && digits > 1 ? countLineByte() : nil
        }
        guard digits > 0 else { return malformed }
        switch byte {
        case 13: state = .sizeLineFeed
        case UInt8(ascii: ";"): state = .extensions
        case 32, 9: state = .sizeBlank
        default: return malformed
        }
        return nil
    }

    private mutating func countLineByte() -> Refusal? {
        lineBytes += 1
        extensionBytes += 1
        let isTooMuch = lineBytes > Self.sizeLineMax || extensionBytes > Self.extensionsMax
        return isTooMuch ? .badRequest("the chunk-size lines are too long") : nil
    }

    private mutating func beginChunk() -> Refusal? {
        guard size > 0 else {
            lineBytes = 0
            state = .trailerStart
            return nil
        }
        guard size <= limitBytes - contentBytes else { return .bodyTooLarge(limit: limitBytes) }
        state = .data(remaining: size)
        return nil
    }

    private mutating func trailerByte(_ byte: UInt8) -> Refusal? {
        lineBytes += 1
        guard lineBytes <= Self.trailersMax else { return .headTooLarge(limit: Self.trailersMax) }
        switch state {
        case .trailerStart:
            if byte == 13 {
                state = .lastLineFeed
            } else {
                guard ByteClass.isToken(byte) else { return malformedTrailer }
                state = .trailerName
            }
        case .trailerName:
            if byte == UInt8(ascii: ":") {
                state = .trailerValue
            } else {
                guard ByteClass.isToken(byte) else { return malformedTrailer }
            }
        case .trailerValue:
            if byte == 13 {
                state = .trailerLineFeed
            } else {
                guard ByteClass.isFieldValue(byte) else { return malformedTrailer }
            }
        case .trailerLineFeed:
            guard byte == 10 else { return malformedTrailer }
            state = .trailerStart
        case .length, .size, .sizeBlank, .extensions, .sizeLineFeed, .data, .dataReturn, .dataLineFeed, .lastLineFeed,
            .done:
            preconditionFailure("Only trailers come here.")
        }
        return nil
    }

    private var malformed: Refusal { .badRequest("the chunked body is malformed") }
    private var malformedTrailer: Refusal { .badRequest("a trailer field is malformed") }
}
