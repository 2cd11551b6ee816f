import Foundation
import TestSupport
import Testing

/// SECURITY.md answers a reviewer's questions with tests: they have to be there.
struct SecurityQuestionTests {
    @Test func everyTestThatAnAnswerNamesExists() throws {
        let text = try String(contentsOf: ProjectFiles.url("SECURITY.md"), encoding: .utf8)
        let start = try #require(text.range(of: "## Questions of a reviewer"))
        let rows = text[start.upperBound...].prefix { $0 != "#" }.split(separator: "\n")
            .filter { $0.hasPrefix("| ") }.dropFirst(2)
        #expect(rows.count > 20)
        let tests = Set(
            SwiftSource.all(below: "Tests").flatMap(\.lines).compactMap { line in
                line.firstMatch(of: #/\bfunc ([A-Za-z0-9]+)\(/#).map { String($0.1) }
            })
        for row in rows {
            let cells = row.split(separator: "|").map(String.init)
            try #require(cells.count == 3, "\(row)")
            let names = cells[2].matches(of: #/`([a-z][A-Za-z0-9]+)`/#).map { String($0.1) }
            #expect(!names.isEmpty, "no test answers: \(cells[0])")
            for name in names { #expect(tests.contains(name) == true, "there is no test \(name)") }
        }
    }
}
