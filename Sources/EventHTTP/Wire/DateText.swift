internal import Glibc

/// The value of the `Date` field, made once a second (RFC 9110 §5.6.7).
struct DateText {
    /// Bytes of an IMF-fixdate.
    static let length = 29

    /// The text with a NUL behind it; owned by the loop, which calls `free`.
    let text: UnsafeMutablePointer<CChar>
    private var second = Int.min

    init() {
        text = .allocate(capacity: Self.length + 1)
        text.initialize(repeating: 0, count: Self.length + 1)
    }

    /// Frees the text.
    func free() {
        text.deallocate()
    }

    /// The text without the NUL.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: text, count: Self.length) }

    /// Writes the text anew if `now`, in seconds since 1970, is another second.
    mutating func update(to now: Int) {
        guard now != second else { return }
        second = now
        var time = time_t(now)
        var parts = tm()
        gmtime_r(&time, &parts)
        let days: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months: [StaticString] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        put(days[Int(parts.tm_wday)], at: 0)
        put(", 00 ", at: 3)
        put(Int(parts.tm_mday), at: 5)
        put(months[Int(parts.tm_mon)], at: 8)
        put(" ", at: 11)
        let year = Int(parts.tm_year) + 1900
        put(year / 100, at: 12)
        put(year % 100, at: 14)
        put(" 00:00:00 GMT", at: 16)
        put(Int(parts.tm_hour), at: 17)
        put(Int(parts.tm_min), at: 20)
        put(Int(parts.tm_sec), at: 23)
    }

    private func put(_ word: StaticString, at offset: Int) {
        for index in 0..<word.utf8CodeUnitCount { text[offset + index] = CChar(word.utf8Start[index]) }
    }

    /// Two digits.
    private func put(_ number: Int, at offset: Int) {
        text[offset] = CChar(48 + number / 10 % 10)
        text[offset + 1] = CChar(48 + number % 10)
    }
}
