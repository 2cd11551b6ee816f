/// Numbers as text, written into byte buffers without format strings.
public enum DecimalText {
    /// Appends a whole number.
    public static func append(_ value: UInt64, to text: inout [UInt8]) {
        if value < 10 { return text.append(UInt8(ascii: "0") + UInt8(value)) }
        var digits = value
        var count = 0
        while digits > 0 {
            digits /= 10
            count += 1
        }
        let start = text.count
        text.append(contentsOf: repeatElement(0, count: count))
        text.withUnsafeMutableBufferPointer { buffer in
            var rest = value
            for position in stride(from: start + count - 1, through: start, by: -1) {
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                buffer[position] = UInt8(ascii: "0") + UInt8(digit)
                rest = quotient
            }
        }
    }

    /// Appends a whole number.
    public static func append(_ value: Int64, to text: inout [UInt8]) {
        if value < 0 { text.append(UInt8(ascii: "-")) }
        append(value.magnitude, to: &text)
    }

    /// Appends `value` with leading zeros up to `width` digits.
    public static func append(_ value: UInt64, width: Int, to text: inout [UInt8]) {
        var threshold: UInt64 = 10
        for _ in 1..<max(width, 1) {
            if value < threshold { text.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 1)) }
            threshold *= 10
        }
        append(value, to: &text)
    }

    /// Appends a number as Prometheus and OpenMetrics write it: the shortest text that reads back as the same number,
    /// whole numbers without a fraction, `NaN`, `+Inf`, `-Inf`.
    public static func append(_ value: Double, to text: inout [UInt8]) {
        if value.isNaN { return text.append(contentsOf: "NaN".utf8) }
        if value.isInfinite { return text.append(contentsOf: (value < 0 ? "-Inf" : "+Inf").utf8) }
        if value.magnitude < 1e15, value == value.rounded(.towardZero) { return append(Int64(value), to: &text) }
        text.append(contentsOf: value.description.utf8)
    }

    /// Appends `units / 10^exponent` exactly, without trailing zeros.
    static func append(units: UInt64, exponent: Int, to text: inout [UInt8]) {
        var scale: UInt64 = 1
        for _ in 0..<exponent { scale *= 10 }
        let (whole, rest) = units.quotientAndRemainder(dividingBy: scale)
        append(whole, to: &text)
        guard rest > 0 else { return }
        text.append(UInt8(ascii: "."))
        append(rest, width: exponent, to: &text)
        while text.last == UInt8(ascii: "0") { text.removeLast() }
    }

    /// A bucket's bound as the `le` label shows it. Whole numbers keep `.0`: OpenMetrics asks for it, and the same text
    /// in both formats keeps a bucket one series whatever a scraper negotiates.
    static func bound(_ units: UInt64, exponent: Int) -> String {
        var text: [UInt8] = []
        append(units: units, exponent: exponent, to: &text)
        if !text.contains(UInt8(ascii: ".")) { text.append(contentsOf: ".0".utf8) }
        return String(decoding: text, as: UTF8.self)
    }
}
