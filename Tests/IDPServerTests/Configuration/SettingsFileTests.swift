import Testing

@testable import IDPServer

struct SettingsFileTests {
    @Test(arguments: [
        ("A=1", "1"), ("A = 1 ", "1"), ("export A=1", "1"), ("A=", ""), ("A=a=b", "a=b"), ("A=1 # note", "1"),
        ("A=a#b", "a#b"), ("A='x # y'", "x # y"), ("A=\"x \\\" \\\\ \\$ \\n\"", "x \" \\ $ \\n"),
        ("A='it\\'", "it\\"), ("A=\"1\" # note", "1"), ("A=имя", "имя"), ("  A=1", "1"), ("A=1\r", "1"),
    ])
    func readsValues(line: String, value: String) {
        let file = SettingsFile(line, path: "f")
        #expect(file.mistakes.isEmpty)
        #expect(file.entries == [SettingsFile.Entry(key: "A", value: value, line: 1)])
    }

    @Test(arguments: ["A", "=1", "A B=1", "A=\"1", "A='1' 2", "A-B=1", "[Service]"])
    func refusesOtherLines(line: String) {
        let file = SettingsFile("B=1\n" + line, path: "f")
        #expect(file.entries.map(\.key) == ["B"])
        #expect(file.mistakes.map(\.source) == [.file(path: "f", line: 2)])
    }

    @Test func skipsEmptyLinesAndComments() {
        let file = SettingsFile("\n# a\n; b\n   \nA=1\n", path: "f")
        #expect(file.entries.map(\.line) == [5])
        #expect(file.mistakes.isEmpty)
    }

    @Test func refusesAKeyThatIsSetTwice() {
        let file = SettingsFile("A=1\nA=2", path: "f")
        #expect(file.mistakes.map(\.setting) == ["A"])
        #expect(file.mistakes.first?.message.contains("line 1") == true)
    }
}
