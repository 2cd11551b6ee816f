extension UnsafeRawBufferPointer {
    /// Whether the bytes are those of `text`, which is ASCII in lower case; letters of either case are equal.
    @inline(__always)
    func equalsIgnoringCase(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        let expected = text.utf8Start
        for index in 0..<count {
            let byte = self[index]
            let lowered = byte &- 65 < 26 ? byte | 0x20 : byte
            // The expectation is lowered too, so that a caller's capitals do no harm.
            let wanted = expected[index]
            guard lowered == (wanted &- 65 < 26 ? wanted | 0x20 : wanted) else { return false }
        }
        return true
    }

    /// The bytes as text; what is not UTF-8 becomes U+FFFD.
    var text: String {
        String(decoding: self, as: UTF8.self)
    }
}
