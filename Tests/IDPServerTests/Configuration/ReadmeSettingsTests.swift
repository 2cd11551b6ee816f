import Foundation
import TestSupport
import Testing

@testable import IDPServer

/// README's table of settings is the table that the program reads its settings by.
struct ReadmeSettingsTests {
    @Test func readmeHasTheTableOfSettings() throws {
        let readme = try String(contentsOf: ProjectFiles.url("README.md"), encoding: .utf8)
        let start = try #require(readme.range(of: "<!-- settings: made from"))
        let end = try #require(readme.range(of: "<!-- /settings -->"))
        let table = readme[start.upperBound..<end.lowerBound].split(separator: "\n").dropFirst().joined(separator: "\n")
        #expect(table == Settings.markdownTable, "put this between the markers:\n\(Settings.markdownTable)")
    }
}
