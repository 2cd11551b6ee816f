/// Moments as text, in UTC, without a calendar library: log lines need one each.
public enum TimestampText {
    /// Appends RFC 3339 with milliseconds: `2026-03-12T09:05:07.042Z`. For years 1970 to 9999.
    public static func append(unixMilliseconds: UInt64, to text: inout [UInt8]) {
        let (seconds, milliseconds) = unixMilliseconds.quotientAndRemainder(dividingBy: 1000)
        let (days, secondOfDay) = seconds.quotientAndRemainder(dividingBy: 86400)
        let date = civilDate(daysSince1970: days)
        text.append(capacity: 24) { scratch in
            DecimalText.write(date.year, digits: 4, to: scratch, at: 0)
            DecimalText.write(date.month, digits: 2, to: scratch, at: 5)
            DecimalText.write(date.day, digits: 2, to: scratch, at: 8)
            DecimalText.write(secondOfDay / 3600, digits: 2, to: scratch, at: 11)
            DecimalText.write(secondOfDay / 60 % 60, digits: 2, to: scratch, at: 14)
            DecimalText.write(secondOfDay % 60, digits: 2, to: scratch, at: 17)
            DecimalText.write(milliseconds, digits: 3, to: scratch, at: 20)
            (scratch[4], scratch[7], scratch[10]) = (UInt8(ascii: "-"), UInt8(ascii: "-"), UInt8(ascii: "T"))
            (scratch[13], scratch[16]) = (UInt8(ascii: ":"), UInt8(ascii: ":"))
            (scratch[19], scratch[23]) = (UInt8(ascii: "."), UInt8(ascii: "Z"))
            return 0..<24
        }
    }

    /// The proleptic Gregorian date of a day: Howard Hinnant's `civil_from_days`, for days after 1970.
    private static func civilDate(daysSince1970 days: UInt64) -> (year: UInt64, month: UInt64, day: UInt64) {
        // Years begin in March, so that the leap day is the last of its year; eras are 400 years of 146097 days.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
