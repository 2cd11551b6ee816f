/// Makes a PDF of one page with a text layer, line by line: for papers that no fixture has. The letters that it draws
/// are not the ones that it means; a text layer is read by its map to Unicode (ISO 32000-1, 9.10.3).
public enum PaperPDF {
    /// The file's bytes. At most 200 different characters.
    public static func bytes(_ lines: [String]) -> [UInt8] {
        var codes: [Character: UInt8] = [" ": 32]
        for character in lines.joined() where codes[character] == nil {
            precondition(codes.count < 200, "a simple font has so many codes")
            codes[character] = UInt8(40 + codes.count)
        }
        func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) }
        let map = codes.sorted { $0.value < $1.value }.map { character, code in
            let units = String(character).utf16.map { hex(UInt8($0 >> 8)) + hex(UInt8($0 & 255)) }.joined()
            return "<\(hex(code))> <\(units)>"
        }
        // A section holds a hundred entries at most.
        let sections = stride(from: 0, to: map.count, by: 100).map { start in
            let part = map[start..<min(start + 100, map.count)]
            return "\(part.count) beginbfchar\n\(part.joined(separator: "\n"))\nendbfchar"
        }.joined(separator: "\n")
        let toUnicode = """
            /CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def /CMapName /Paper def
            1 begincodespacerange <00> <FF> endcodespacerange
            \(sections)
            endcmap end end
            """
        let text = lines.enumerated().filter { !$0.element.isEmpty }.map { index, line in
            let string = line.map { hex(codes[$0] ?? 32) }.joined()
            return "BT /F1 11 Tf 60 \(780 - 18 * index) Td <\(string)> Tj ET"
        }.joined(separator: "\n")
        return file([
            "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
                + " /Resources << /Font << /F1 5 0 R >> >> >>",
            stream(text),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /FirstChar 32 /LastChar 255"
                + " /Widths [\(Array(repeating: "600", count: 224).joined(separator: " "))] /ToUnicode 6 0 R >>",
            stream(toUnicode),
        ])
    }

    private static func stream(_ content: String) -> String {
        "<< /Length \(content.utf8.count) >>\nstream\n\(content)\nendstream"
    }

    /// The objects with their table.
    private static func file(_ objects: [String]) -> [UInt8] {
        var body = "%PDF-1.7\n"
        var offsets: [Int] = []
        for (index, object) in objects.enumerated() {
            offsets.append(body.utf8.count)
            body += "\(index + 1) 0 obj\n\(object)\nendobj\n"
        }
        let start = body.utf8.count
        body += "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
        for offset in offsets {
            let digits = String(offset)
            body += String(repeating: "0", count: 10 - digits.count) + digits + " 00000 n \n"
        }
        body += "trailer\n<< /Size \(objects.count + 1) /Root 1 0 R >>\nstartxref\n\(start)\n%%EOF\n"
        return Array(body.utf8)
    }
}
