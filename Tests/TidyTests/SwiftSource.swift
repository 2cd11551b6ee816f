import Foundation
import TestSupport

/// A Swift file of the project, by lines, as written and with comments and strings taken out.
struct SwiftSource: Sendable, CustomStringConvertible {
    /// The path from the project's root.
    let path: String
    /// The lines as written.
    let lines: [String]
    /// The same lines with strings emptied and comments removed: what a rule about code looks at.
    let code: [String]

    var description: String { path }

    /// Whether a program wrote it.
    var isGenerated: Bool { path.contains("/Generated/") || path.hasSuffix(".pb.swift") }

    /// The target that it belongs to.
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

    /// The modules that it imports.
    var imports: [String] {
        code.compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let word = words.firstIndex(of: "import"), word + 1 < words.endIndex else { return nil }
            // The last word, as `import struct Foundation.Data` names a kind before the module.
            return words.last.map { String($0.split(separator: ".")[0]) }
        }
    }

    /// Whether a line (counted from 0) has a comment on it, or one in the lines just above.
    func isExplained(_ index: Int, linesAbove: Int) -> Bool {
        lines[max(0, index - linesAbove)...index].contains { $0.contains("//") }
    }

    /// Every Swift file below a folder of the project.
    static func all(below folders: String...) -> [SwiftSource] {
        folders.flatMap { folder in
            let found = FileManager.default.enumerator(atPath: ProjectFiles.url(folder).path)
            return (found?.allObjects ?? []).compactMap { $0 as? String }
                .filter { $0.hasSuffix(".swift") }.sorted().map { "\(folder)/\($0)" }
        }.compactMap { path in
            guard let text = try? String(contentsOf: ProjectFiles.url(path), encoding: .utf8) else { return nil }
            return SwiftSource(path: path, text: text)
        }
    }

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var stripper = CommentAndStringStripper(text)
        code = stripper.strip().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}

/// Blanks comments and the insides of string literals; line ends stay, so that line numbers do.
struct CommentAndStringStripper {
    private let text: [Character]
    private var position = 0
    private var output = ""

    init(_ text: String) { self.text = Array(text) }

    mutating func strip() -> String {
        code(until: nil)
        return output
    }

    private func follows(_ word: String, at offset: Int = 0) -> Bool {
        let start = position + offset
        guard start + word.count <= text.count else { return false }
        return zip(text[start...], word).allSatisfy { $0 == $1 }
    }

    /// Copies code up to the end, or to the parenthesis that closes an interpolation.
    private mutating func code(until closing: Character?) {
        var depth = 0
        while position < text.count {
            let character = text[position]
            if follows("//") {
                while position < text.count, text[position] != "\n" { position += 1 }
            } else if follows("/*") {
                comment()
            } else if follows("#/") {
                literal(from: 2, to: "/#", interpolates: false)
            } else if let hashes = stringStart() {
                string(hashes)
            } else {
                if character == "(" { depth += 1 }
                if character == ")" {
                    if closing != nil, depth == 0 { return }
                    depth -= 1
                }
                output.append(character)
                position += 1
            }
        }
    }

    private mutating func comment() {
        var depth = 0
        repeat {
            if follows("/*") {
                depth += 1
                position += 2
            } else if follows("*/") {
                depth -= 1
                position += 2
            } else {
                if text[position] == "\n" { output.append("\n") }
                position += 1
            }
        } while depth > 0 && position < text.count
    }

    /// How many hashes stand before a quotation mark here; nil if none begins here.
    private func stringStart() -> Int? {
        var hashes = 0
        while position + hashes < text.count, text[position + hashes] == "#" { hashes += 1 }
        return position + hashes < text.count && text[position + hashes] == "\"" ? hashes : nil
    }

    private mutating func string(_ hashes: Int) {
        let isMultiline = follows("\"\"\"", at: hashes)
        let quote = isMultiline ? "\"\"\"" : "\""
        literal(from: hashes + quote.count, to: quote + String(repeating: "#", count: hashes), escape: hashes)
    }

    private mutating func literal(from start: Int, to end: String, interpolates: Bool = true, escape hashes: Int = 0) {
        let escape = "\\" + String(repeating: "#", count: hashes)
        output.append("\"")
        position += start
        while position < text.count, !follows(end) {
            if interpolates, follows(escape + "(") {
                position += escape.count + 1
                code(until: ")")
                position += 1
            } else if interpolates, follows(escape) {
                position += escape.count + 1
            } else {
                if text[position] == "\n" { output.append("\n") }
                position += 1
            }
        }
        position += end.count
        output.append("\"")
    }
}
