import Testing

@testable import IDPServer

struct RequestIDTests {
    @Test(arguments: ["a", "A-Z_0.9", String(repeating: "x", count: 128)])
    func takesOverWhatCanStandInALogLine(text: String) {
        #expect(Array(text.utf8).withUnsafeBytes(RequestID.isAcceptable))
    }

    @Test(arguments: ["", "a b", "a\"b", "ё", "a/b", "a\u{0}", String(repeating: "x", count: 129)])
    func refusesEverythingElse(text: String) {
        #expect(!Array(text.utf8).withUnsafeBytes(RequestID.isAcceptable))
    }

    @Test func madeIDsAreAcceptableAndDiffer() {
        var source = RequestIDSource()
        let ids = (0..<1000).map { _ in source.next() }
        #expect(Set(ids).count == 1000)
        #expect(ids.allSatisfy { $0.utf8.count == RequestIDSource.length })
        #expect(ids.allSatisfy { Array($0.utf8).withUnsafeBytes(RequestID.isAcceptable) })
    }
}
