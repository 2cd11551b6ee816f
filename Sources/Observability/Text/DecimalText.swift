/// Numbers as text, written into byte buffers without format strings.
public enum DecimalText {
    /// Appends a whole number.
    public static func append(_ value: UInt64, to text: inout [UInt8]) {
        if value < 10 { return text.append(UInt8(ascii: "0") + UInt8(value)) }
        text.append(capacity: 20) { scratch in
            var position = 20
            var rest = value
            while rest > 0 {
                position -= 1
                scratch[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            return position..<20
        }
    }

    /// Appends a whole number.
    public static func append(_ value: Int64, to text: inout [UInt8]) {
        if value < 0 { text.append(UInt8(ascii: "-")) }
        append(value.magnitude, to: &text)
    }

    /// Appends a number as Prometheus and OpenMetrics write it: the shortest text that reads back as the same number,
    /// whole numbers without a fraction, `NaN`, `+Inf`, `-Inf`.
    public static func append(_ value: Double, to text: inout [UInt8]) {
        if value.isNaN { return text.append(text: "NaN") }
        if value.isInfinite { return text.append(text: value < 0 ? "-Inf" : "+Inf") }
        if value.magnitude < 1e15, value == value.rounded(.towardZero) { return append(Int64(value), to: &text) }
        text.append(text: value.description)
    }

    /// Appends `units / 10^exponent` exactly, without trailing zeros.
    static func append(units: UInt64, exponent: Int, to text: inout [UInt8]) {
        var scale: UInt64 = 1
        for _ in 0..<exponent { scale *= 10 }
        let (whole, fraction) = units.quotientAndRemainder(dividingBy: scale)
        append(whole, to: &text)
        guard fraction > 0 else { return }
        text.append(UInt8(ascii: "."))
        text.append(capacity: exponent) { scratch in
            write(fraction, digits: exponent, to: scratch, at: 0)
            var end = exponent
            while scratch[end - 1] == UInt8(ascii: "0") { end -= 1 }
            return 0..<end
        }
    }

    /// 10 to a small power, exactly.
    static func powerOfTen(_ exponent: Int) -> Double {
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    /// A bucket's bound as the `le` label shows it. Whole numbers keep `.0`: OpenMetrics asks for it, and the same text
    /// in both formats keeps a bucket one series whatever a scraper negotiates.
    static func bound(_ units: UInt64, exponent: Int) -> String {
        var text: [UInt8] = []
        append(units: units, exponent: exponent, to: &text)
        if !text.contains(UInt8(ascii: ".")) { text.append(text: ".0") }
        return String(decoding: text, as: UTF8.self)
    }

    /// Writes a whole number's digits, two at a time, to memory with room for 20 of them; how many there were.
    @inline(__always)
    static func write(_ value: UInt64, to target: UnsafeMutablePointer<UInt8>) -> Int {
        let length = digitCount(value)
        var position = length
        var rest = value
        while rest >= 100 {
            let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
            position &-= 2
            target[position] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: pair / 10)
            target[position &+ 1] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: pair % 10)
            rest = quotient
        }
        if rest >= 10 {
            target[0] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest / 10)
            target[1] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
        } else {
            target[0] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest)
        }
        return length
    }

    @inline(__always)
    private static func digitCount(_ value: UInt64) -> Int {
        var count = 1
        var bound: UInt64 = 10
        while value >= bound && count < 20 {
            count &+= 1
            bound = bound.multipliedReportingOverflow(by: 10).partialValue
            if count == 20 { break }
        }
        return count
    }

    /// Writes exactly `digits` digits of `value`, with leading zeros, from `position` on.
    @inline(__always)
    static func write(
        _ value: UInt64, digits: Int, to scratch: UnsafeMutableBufferPointer<UInt8>, at position: Int
    ) {
        var rest = value
        var index = position + digits
        while index > position {
            index -= 1
            scratch[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}
