internal import ArgumentParser
internal import Foundation

/// What an output file of an earlier batch holds already: read before a batch goes on where that one was broken off.
///
/// Only whole lines count. What stands behind the last line break was torn off by a crash and is cut away.
struct EarlierReports: Sendable {
    /// The files that have a report.
    private(set) var files: Set<String> = []
    private(set) var count = BatchCount()
    /// Bytes of the whole lines.
    let length: Int

    /// Reads JSON lines. Throws `ValidationError` naming a line that is no report.
    init(json bytes: [UInt8]) throws {
        let end = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        length = end
        for (index, line) in bytes[..<end].split(separator: UInt8(ascii: "\n")).enumerated() {
            guard let report = try? JSONDecoder().decode(Line.self, from: Data(line)) else {
                throw ValidationError("line \(index + 1) of the output file is no report; take another file")
            }
            add(report.file, report.verdict)
        }
    }

    /// Reads RFC 4180 as `ReportFormat.csv` writes it. Throws `ValidationError` for a file with another heading.
    init(csv bytes: [UInt8]) throws {
        let end = Self.endOfRecords(bytes)
        length = end
        var records = Self.records(String(decoding: bytes[..<end], as: UTF8.self))
        guard !records.isEmpty else { return }
        guard records.removeFirst().first == "file" else {
            throw ValidationError("the output file is no CSV of this command; take another file")
        }
        for record in records where record.count > 1 {
            add(record[0].hasPrefix("'") ? String(record[0].dropFirst()) : record[0], Bool(record[1]))
        }
    }

    private mutating func add(_ file: String, _ verdict: Bool?) {
        if files.insert(file).inserted { count.add(verdict) }
    }

    /// Where the last record ends that is not within quotation marks.
    private static func endOfRecords(_ bytes: [UInt8]) -> Int {
        var (end, isQuoted) = (0, false)
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if byte == UInt8(ascii: "\n"), !isQuoted { end = index + 1 }
        }
        return end
    }

    private static func records(_ text: String) -> [[String]] {
        var records: [[String]] = []
        var record: [String] = []
        var field = String.UnicodeScalarView()
        var isQuoted = false
        var scalars = text.unicodeScalars.makeIterator()
        var next = scalars.next()
        while let scalar = next {
            next = scalars.next()
            switch scalar {
            case "\"" where isQuoted && next == "\"":
                field.append(scalar)
                next = scalars.next()
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                record.append(String(field))
                field.removeAll()
            case "\r" where !isQuoted: break
            case "\n" where !isQuoted:
                records.append(record + [String(field)])
                record.removeAll()
                field.removeAll()
            default: field.append(scalar)
            }
        }
        return records
    }

    private struct Line: Decodable {
        let file: String
        let verdict: Bool?
    }
}
