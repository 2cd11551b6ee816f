import Dispatch
import Foundation
import Observability
import Synchronization
import TestSupport
import Testing

@testable import IDPServer

/// The parts of `process` that need no document.
@Suite struct ProcessReportTests {
    private let plain = Terminal(descriptor: -1, environment: [:])

    private func failed(_ file: String, _ message: String = "Text recognition failed") -> DocumentReport {
        DocumentReport(file: file, error: ServiceError(.ocrFailed, message))
    }

    @Test func jsonLinesAreReadAgain() throws {
        let lines = ["a.pdf", "b \"b\".pdf", "в.pdf"].map {
            ReportFormat.jsonl.line(failed($0), fileColumns: 10, terminal: plain)
        }
        let whole = Array(lines.joined().utf8)
        let earlier = try EarlierReports(json: whole + Array(#"{"file":"torn.pdf","ver"#.utf8))
        #expect(earlier.files == ["a.pdf", "b \"b\".pdf", "в.pdf"])
        #expect(earlier.count == BatchCount(good: 0, refused: 0, failed: 3))
        #expect(earlier.length == whole.count)
    }

    @Test(arguments: ["plain.pdf", "a,b.pdf", "say \"no\".pdf", "two\nlines.pdf", "=1+1.pdf", "в папке/ё.pdf"])
    func recordsAreReadAgain(_ file: String) throws {
        let text =
            ReportFormat.csv.heading(fileColumns: 0)
            + ReportFormat.csv.line(failed(file, "why, \"exactly\""), fileColumns: 0, terminal: plain)
        let earlier = try EarlierReports(csv: Array(text.utf8) + Array("\"torn\nrec".utf8))
        #expect(earlier.files == [file])
        #expect(earlier.length == text.utf8.count)
    }

    @Test func anotherFileIsNotTakenForAnOutput() {
        #expect(throws: (any Error).self) { try EarlierReports(json: Array("{\"name\":1}\n".utf8)) }
        #expect(throws: (any Error).self) { try EarlierReports(csv: Array("name,age\r\nx,1\r\n".utf8)) }
    }

    /// A paper that names its person `=cmd()` must not run when a clerk opens the table.
    @Test func aSpreadsheetRunsNothingOfAReport() {
        let line = ReportFormat.csv.line(failed("=cmd().pdf"), fileColumns: 0, terminal: plain)
        #expect(line.hasPrefix("'=cmd().pdf,"))
    }

    @Test func theTableSaysWhatHappenedWithoutColoursInAFile() {
        let row = ReportFormat.table.line(failed("a.pdf"), fileColumns: 8, terminal: plain)
        #expect(row == "a.pdf     failed   -                     -           OCR_FAILED: Text recognition failed\n")
        let long = ReportFormat.table.line(failed("folder/a-long-name.pdf"), fileColumns: 8, terminal: plain)
        #expect(long.hasPrefix("…ame.pdf  "))
    }

    @Test func theBarTellsRateAndTimeLeft() {
        let count = BatchCount(good: 4, refused: 1, failed: 0)
        let text = ProgressBar.text(count, of: 20, seconds: 10, columns: 100)
        #expect(text == "[#######-----------------------]  5/20  0.5/s  0:30 left  1 refused")
        #expect(ProgressBar.text(count, of: 20, seconds: 10, columns: 30).count < 30)
        #expect(ProgressBar.text(BatchCount(), of: 20, seconds: 0, columns: 100).hasSuffix("0/20"))
    }

    @Test(arguments: [(0.2, "0:01"), (59.5, "1:00"), (750, "12:30"), (11_100, "3:05:00")])
    func timesReadLikeAClock(_ seconds: Double, _ text: String) {
        #expect(ProgressBar.clock(seconds) == text)
    }

    @Test func coloursNeedATerminal() {
        #expect(plain.painted("true", .good) == "true")
        #expect(!Terminal(descriptor: -1, environment: ["TERM": "xterm"]).isColoured)
    }

    @Test func reportsComeInTheOrderOfTheListWhateverEndsFirst() {
        let documents = (0..<50).map { ListedDocument(path: "\($0)", fio: "Ли Е") }
        let seen = Mutex<[String]>([])
        let second = DispatchGroup()
        second.enter()
        let batch = DocumentBatch(documents) { document in
            // The first does not end before the second has: they are judged at the same time.
            if document.path == "1" { second.leave() }
            let isMet = document.path != "0" || second.wait(timeout: .now() + .seconds(60)) == .success
            return DocumentReport(file: document.path, error: ServiceError(.ocrFailed, isMet ? "met" : "alone"))
        } deliver: { report in
            seen.withLock { $0.append(report.file + (report.message ?? "")) }
        }
        batch.run(width: 2)
        #expect(seen.withLock { $0 } == documents.map { $0.path + "met" })
    }

    @Test func foldersAreGoneThroughInOrder() throws {
        let folder = try TemporaryDirectory("papers")
        for name in ["b.pdf", "a.PNG", "notes.txt", ".hidden.pdf"] { try folder.write([1], to: name) }
        let below = folder.file("more")
        try FileManager.default.createDirectory(at: below, withIntermediateDirectories: true)
        try Data([1]).write(to: below.appendingPathComponent("c.tiff"))
        let found = try DocumentList.documents(in: [folder.path + "/"], fio: "Ли Е")
        #expect(found.map(\.path) == ["a.PNG", "b.pdf", "more/c.tiff"].map { folder.path + "/" + $0 })
        #expect(throws: (any Error).self) { try DocumentList.documents(in: [folder.path + "/none"], fio: "Ли Е") }
    }

    @Test func aListNamesItsWrongLine() throws {
        let folder = try TemporaryDirectory("list")
        let good = #"{"file":"a.pdf","fio":"Ли Ержан"}"#
        let other = #"{"file":"/b.pdf","fio":"Ли Ержан"}"#
        let list = try folder.write(Array("\(good)\n\n\(other)\n".utf8), to: "l.jsonl")
        let documents = try DocumentList.documents(ofList: list.path)
        #expect(documents.map(\.path) == [folder.path + "/a.pdf", "/b.pdf"])
        for wrong in [#"{"file":"a.pdf"}"#, #"{"file":"a.pdf","fio":"Ли"}"#, "a.pdf;Ли Ержан"] {
            let bad = try folder.write(Array("\(good)\n\(wrong)\n".utf8), to: "bad.jsonl")
            let error = #expect(throws: (any Error).self) { try DocumentList.documents(ofList: bad.path) }
            #expect("\(String(describing: error))".contains("line 2"))
        }
    }
}
