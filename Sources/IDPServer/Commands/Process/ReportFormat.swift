internal import ArgumentParser
internal import Foundation
internal import Pipeline

/// How reports are written: for people, for programs, for a spreadsheet.
enum ReportFormat: String, CaseIterable, Sendable, ExpressibleByArgument {
    case table, jsonl, csv

    /// What stands above the first report; empty when nothing does.
    func heading(fileColumns: Int) -> String {
        switch self {
        case .table: Terminal.padded("FILE", fileColumns) + "  VERDICT  TYPE                  DATE        REASONS\n"
        case .jsonl: ""
        case .csv: "file,verdict,errors,doc_type,fio,doc_date,seconds,message\r\n"
        }
    }

    /// One report, with its line break. A report that cannot be encoded does not exist: all its members are plain.
    func line(_ report: DocumentReport, fileColumns: Int, terminal: Terminal) -> String {
        switch self {
        case .table: row(report, fileColumns, terminal)
        case .jsonl: ((try? JSONEncoder.wire.encode(report)).map { String(decoding: $0, as: UTF8.self) } ?? "{}") + "\n"
        case .csv: record(report)
        }
    }

    private func row(_ report: DocumentReport, _ columns: Int, _ terminal: Terminal) -> String {
        let (word, tone): (String, Terminal.Tone) =
            switch report.verdict {
            case true?: ("true", .good)
            case false?: ("false", .bad)
            case nil: ("failed", .odd)
            }
        let name = report.file.count <= columns ? report.file : "…" + report.file.suffix(columns - 1)
        let type = Terminal.padded(report.extraction?.docType?.value.key ?? "-", 20)
        let date = Terminal.padded(report.extraction?.docDate?.value.description ?? "-", 10)
        let reasons = report.errors.joined(separator: ", ") + (report.message.map { ": " + $0 } ?? "")
        let cells = [
            Terminal.padded(name, columns), terminal.painted(Terminal.padded(word, 7), tone), type, date, reasons,
        ]
        return cells.joined(separator: "  ").trimmedAtEnd + "\n"
    }

    /// RFC 4180: fields with a comma, a quotation mark or a line break in quotation marks, these doubled.
    private func record(_ report: DocumentReport) -> String {
        let found = report.extraction
        let fields = [
            report.file, report.verdict.map(String.init) ?? "", report.errors.joined(separator: " "),
            found?.docType?.value.key ?? "", found?.fio?.value.full ?? "", found?.docDate?.value.description ?? "",
            report.seconds.map { String($0) } ?? "", report.message ?? "",
        ]
        return fields.map(Self.quoted).joined(separator: ",") + "\r\n"
    }

    private static func quoted(_ field: String) -> String {
        // A spreadsheet would run a text from a document that begins like a formula.
        let isFormula = field.first.map { "=+-@\t\r".contains($0) } ?? false
        let text = isFormula ? "'" + field : field
        let isPlain = !text.unicodeScalars.contains { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" }
        return isPlain ? text : "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}

extension String {
    /// Without spaces at its end.
    fileprivate var trimmedAtEnd: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
