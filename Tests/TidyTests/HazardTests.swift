import TestSupport
import Testing

/// Constructs that end the program, block it, or switch a check of the compiler off: each stands with its reason.
@Suite struct HazardTests {
    static let sources = SwiftSource.all(below: "Sources", "Tests").filter { !$0.isGenerated }

    @Test(arguments: sources)
    func whatEndsOrBlocksTheProgramHasItsReasonBesideIt(_ source: SwiftSource) {
        let hazard =
            #/\btry!|\bas!|\bfatalError\(|\bDispatchSemaphore\b|\bThread\.sleep|\bu?sleep\(\d|DispatchQueue\.main\b/#
        for index in source.code.indices where source.code[index].contains(hazard) {
            #expect(source.isExplained(index, linesAbove: 1), "\(source.path):\(index + 1)")
        }
    }

    @Test(arguments: sources)
    func whatTheCompilerCannotCheckHasItsProofBesideIt(_ source: SwiftSource) {
        let unchecked = #/@unchecked\s+Sendable|nonisolated\(unsafe\)|\bUnmanaged\b/#
        for index in source.code.indices where source.code[index].contains(unchecked) {
            #expect(source.isExplained(index, linesAbove: 6), "\(source.path):\(index + 1)")
        }
    }

    @Test(arguments: SwiftSource.all(below: "Sources"))
    func onlyCommandsPrint(_ source: SwiftSource) {
        guard !source.path.hasPrefix("Sources/IDPServer/Commands/") else { return }
        let printing = source.code.indices.filter { source.code[$0].contains(#/(^|[^.\w])(debugPrint|print)\(/#) }
        #expect(printing.isEmpty, "lines \(printing.map { $0 + 1 })")
    }

    @Test(arguments: sources)
    func nothingIsLeftForLater(_ source: SwiftSource) {
        // Put together here, or this file would be the first finding.
        let markers = ["TO" + "DO", "FIX" + "ME"]
        for (index, line) in source.lines.enumerated() {
            for marker in markers { #expect(!line.contains(marker), "\(source.path):\(index + 1)") }
        }
    }

    @Test(arguments: SwiftSource.all(below: "Tests"))
    func testsAreWrittenWithSwiftTesting(_ source: SwiftSource) {
        #expect(!source.imports.contains("XCTest"))
    }

    /// The rules above look at code with strings and comments taken out: this shows that they are.
    @Test func commentsAndStringsAreNoCode() {
        let text = """
            let a = "try! \\(b("as!")) fatalError("
            /* try! /* nested */ as! */ let c = #"print("#
            // usleep(1)
            let d = \"\"\"
                DispatchSemaphore
                \"\"\"
            """
        let code = SwiftSource(path: "Sources/A/a.swift", text: text).code
        #expect(code.count == 6)
        #expect(code.joined().contains("let c ="))
        for hazard in ["try!", "as!", "fatalError", "print(", "usleep", "DispatchSemaphore"] {
            #expect(!code.joined().contains(hazard), "\(hazard)")
        }
    }
}
