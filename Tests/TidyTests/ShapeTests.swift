import Foundation
import TestSupport
import Testing

/// How long lines, functions and files may be: limits that keep a reader's eye on one thing.
@Suite struct ShapeTests {
    static let sources = SwiftSource.all(below: "Sources", "Tests").filter { !$0.isGenerated }

    @Test(arguments: sources)
    func linesAreAtMost120CharactersLong(_ source: SwiftSource) {
        let long = source.lines.enumerated().filter { $0.element.count > 120 }.map { $0.offset + 1 }
        #expect(long.isEmpty, "lines \(long)")
    }

    @Test(arguments: sources)
    func filesAreAtMost500LinesLong(_ source: SwiftSource) {
        #expect(source.lines.count <= 501)
    }

    @Test(arguments: sources)
    func functionsAreAtMost70LinesLong(_ source: SwiftSource) {
        for function in Self.functions(of: source) where function.length > 70 {
            Issue.record("\(source.path):\(function.line) has \(function.length) lines")
        }
    }

    @Test func theMeasureOfAFunctionIsRight() {
        let text = """
            func a() -> String {
                let s = "} \\(b { "}" })"
                // }
                return s
            }

            func oneLine() { b() }
            protocol P { func c() }
            """
        let functions = Self.functions(of: SwiftSource(path: "Sources/A/a.swift", text: text))
        #expect(functions.map(\.length) == [5, 1])
        #expect(functions.map(\.line) == [1, 7])
    }

    /// The functions, initialisers and accessors with a body: the line they begin on, and how many lines they have.
    static func functions(of source: SwiftSource) -> [(line: Int, length: Int)] {
        let declaration = #/(^|\s)(func\s|init[?!]?[(<]|deinit\s*\{|subscript\s*[(<])/#
        return source.code.indices.compactMap { start in
            guard let match = source.code[start].firstMatch(of: declaration) else { return nil }
            var code = Array(source.code[start...])
            code[0] = String(code[0][match.range.lowerBound...])
            return length(of: code).map { (start + 1, $0) }
        }
    }

    /// The lines from a declaration to the brace that closes its body; nil for one without a body, in a protocol.
    private static func length(of code: [String]) -> Int? {
        var (braces, brackets) = (0, 0)
        var hasBody = false
        for (index, line) in code.enumerated() {
            for character in line {
                switch character {
                case "(", "[": brackets += 1
                case ")", "]": brackets -= 1
                case "{":
                    braces += 1
                    hasBody = hasBody || brackets == 0
                case "}":
                    braces -= 1
                    if braces < 0 { return nil }
                    if braces == 0 && hasBody { return index + 1 }
                default: break
                }
            }
            let next = index + 1 < code.count ? code[index + 1] : ""
            let goesOn = brackets > 0 || next.contains(#/^\s*(\{|where\b|->|throws\b|async\b)/#)
            if !hasBody && !goesOn { return nil }
        }
        return nil
    }
}
