import Testing

@testable import EventHTTP

/// The multipart reader on what real clients send, cut up in every way, and on what is broken.
@Suite struct MultipartReaderTests {
    /// What came out: parts with their heads, their content joined.
    struct Parsed: Equatable {
        var parts: [(PartHead, [UInt8])] = []
        var isComplete = false

        static func == (left: Parsed, right: Parsed) -> Bool {
            left.isComplete == right.isComplete
                && left.parts.elementsEqual(right.parts, by: { $0.0 == $1.0 && $0.1 == $1.1 })
        }
    }

    static func parse(_ body: [UInt8], boundary: String, piece: Int) throws(Refusal) -> Parsed {
        var reader = MultipartReader(boundary: Array(boundary.utf8), headLimitBytes: 1024)
        var parsed = Parsed()
        var isOpen = false
        var offset = 0
        while offset < body.count {
            let end = min(offset + piece, body.count)
            var refusal: Refusal?
            Array(body[offset..<end]).withUnsafeBytes { block in
                do throws(Refusal) {
                    try reader.read(block) { (event) throws(Refusal) in
                        switch event {
                        case .part(let head):
                            precondition(!isOpen)
                            isOpen = true
                            parsed.parts.append((head, []))
                        case .content(let content):
                            precondition(isOpen)
                            parsed.parts[parsed.parts.count - 1].1.append(contentsOf: content)
                        case .partEnd:
                            precondition(isOpen)
                            isOpen = false
                        }
                    }
                } catch {
                    refusal = error
                }
            }
            if let refusal { throw refusal }
            offset = end
        }
        parsed.isComplete = reader.isComplete
        return parsed
    }

    struct Case: Sendable, CustomStringConvertible {
        var name: String
        var boundary = "b"
        var body: [UInt8]
        var expected: [(PartHead, String)]
        var description: String { name }

        init(_ name: String, boundary: String = "b", _ body: String, _ expected: [(PartHead, String)]) {
            self.name = name
            self.boundary = boundary
            self.body = Array(body.utf8)
            self.expected = expected
        }
    }

    private static func field(_ disposition: String, _ value: String, more: String = "") -> String {
        "--b\r\nContent-Disposition: form-data; \(disposition)\r\n\(more)\r\n\(value)\r\n"
    }

    static let sound: [Case] = [
        Case("one field", field("name=\"a\"", "1") + "--b--\r\n", [(PartHead(name: "a"), "1")]),
        Case("no CRLF at the end", field("name=\"a\"", "1") + "--b--", [(PartHead(name: "a"), "1")]),
        Case("no part", "--b--\r\n", []),
        Case(
            "preamble and epilogue", "hello\r\n--bar\r\n" + field("name=\"a\"", "1") + "--b--\r\nbye\r\n--b\r\n",
            [(PartHead(name: "a"), "1")]),
        Case("CRLF first", "\r\n" + field("name=\"a\"", "1") + "--b--", [(PartHead(name: "a"), "1")]),
        Case("empty value", field("name=\"a\"", "") + "--b--", [(PartHead(name: "a"), "")]),
        Case(
            "an empty part without an empty line of its own",
            "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n--b--", [(PartHead(name: "a"), "")]),
        Case(
            "line ends in the value", field("name=\"a\"", "1\n2\r\n3\r4\r\n") + "--b--",
            [(PartHead(name: "a"), "1\n2\r\n3\r4\r\n")]),
        Case(
            "things like a boundary in the value",
            field("name=\"a\"", "\r\n--\r\n-b\r\n--c\r\n--bx\r\n--b-x\r\n--b \tx\r\n--b\r\r\n--b\nx") + "--b--",
            [(PartHead(name: "a"), "\r\n--\r\n-b\r\n--c\r\n--bx\r\n--b-x\r\n--b \tx\r\n--b\r\r\n--b\nx")]),
        Case(
            "a value that begins like the boundary", field("name=\"a\"", "--bx") + "--b--",
            [(PartHead(name: "a"), "--bx")]),
        Case(
            "blanks after the boundary",
            "--b \t \r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n"
                + "--b  \r\nContent-Disposition: form-data; name=c\r\n\r\n2\r\n--b--  ",
            [(PartHead(name: "a"), "1"), (PartHead(name: "c"), "2")]),
        Case("name without quotes", field("name=a", "1") + "--b--", [(PartHead(name: "a"), "1")]),
        Case(
            "file",
            field("name=\"f\"; filename=\"a.pdf\"", "%PDF", more: "Content-Type: application/pdf\r\n") + "--b--",
            [(PartHead(name: "f", fileName: "a.pdf", contentType: "application/pdf"), "%PDF")]),
        Case(
            "empty file name", field("name=\"f\"; filename=\"\"", "") + "--b--",
            [(PartHead(name: "f", fileName: ""), "")]),
        Case(
            "Cyrillic in UTF-8", field("name=\"f\"; filename=\"справка әке.pdf\"", "x") + "--b--",
            [(PartHead(name: "f", fileName: "справка әке.pdf"), "x")]),
        Case(
            "Cyrillic in filename*",
            field("name=\"f\"; filename=\"x.pdf\"; filename*=UTF-8''%D1%81%D0%BF%D1%80.pdf", "x") + "--b--",
            [(PartHead(name: "f", fileName: "спр.pdf"), "x")]),
        Case(
            "filename* first and a language", field("name=f; filename*=utf-8'ru'%D1%8F; filename=\"x\"", "x") + "--b--",
            [(PartHead(name: "f", fileName: "я"), "x")]),
        Case(
            "filename* in ISO-8859-1", field("name=f; filename*=iso-8859-1''%E9", "x") + "--b--",
            [(PartHead(name: "f", fileName: "é"), "x")]),
        Case(
            "broken filename* falls back", field("name=f; filename=\"x\"; filename*=UTF-8''%ZZ", "x") + "--b--",
            [(PartHead(name: "f", fileName: "x"), "x")]),
        Case(
            "quote by backslash", field("name=\"f\"; filename=\"a\\\"b\\\\c.pdf\"", "x") + "--b--",
            [(PartHead(name: "f", fileName: "a\"b\\c.pdf"), "x")]),
        Case(
            "quote by percent", field("name=\"f\"; filename=\"a%22b%0D%0Ac%20.pdf\"", "x") + "--b--",
            [(PartHead(name: "f", fileName: "a\"b\r\nc%20.pdf"), "x")]),
        Case(
            "a Windows path", field("name=\"f\"; filename=\"C:\\docs\\a.pdf\"", "x") + "--b--",
            [(PartHead(name: "f", fileName: "C:\\docs\\a.pdf"), "x")]),
        Case(
            "semicolon in a quoted name", field("name=\"a;b\"; filename=\"c;d=e\"", "x") + "--b--",
            [(PartHead(name: "a;b", fileName: "c;d=e"), "x")]),
        Case(
            "fields in other case and order",
            "--b\r\ncontent-type:text/plain\r\nX-Other: 1\r\n"
                + "CONTENT-DISPOSITION:form-data;NAME=\"a\"\r\n\r\n1\r\n--b--",
            [(PartHead(name: "a", contentType: "text/plain"), "1")]),
        Case(
            "binary transfer encoding", field("name=a", "1", more: "Content-Transfer-Encoding: binary\r\n") + "--b--",
            [(PartHead(name: "a"), "1")]),
        Case(
            "a form in a form",
            field(
                "name=a", "--c\r\nContent-Disposition: file; filename=x\r\n\r\ny\r\n--c--",
                more: "Content-Type: multipart/mixed; boundary=c\r\n") + "--b--",
            [
                (
                    PartHead(name: "a", contentType: "multipart/mixed; boundary=c"),
                    "--c\r\nContent-Disposition: file; filename=x\r\n\r\ny\r\n--c--"
                )
            ]),
        Case(
            "_charset_", field("name=_charset_", "utf-8") + field("name=\"a\"", "\u{44F}") + "--b--",
            [(PartHead(name: "_charset_"), "utf-8"), (PartHead(name: "a"), "\u{44F}")]),
        Case(
            "the same name again", field("name=a", "1") + field("name=a", "2") + "--b--",
            [(PartHead(name: "a"), "1"), (PartHead(name: "a"), "2")]),
        Case(
            "a part that is only line ends", field("name=a", "\r\n\r\n") + "--b--",
            [(PartHead(name: "a"), "\r\n\r\n")]),
        Case(
            "an epilogue that looks like a part", field("name=a", "1") + "--b--\r\n" + field("name=c", "2") + "--b--",
            [(PartHead(name: "a"), "1")]),
        Case(
            "a preamble without a line end", "x--b\r\n" + field("name=a", "1") + "--b--", [(PartHead(name: "a"), "1")]),
        Case(
            "a boundary that begins the real one", boundary: "bb",
            "--bb\r\nContent-Disposition: form-data; name=a\r\n\r\n--b\r\n--b--\r\n--bb--",
            [(PartHead(name: "a"), "--b\r\n--b--")]),
        Case(
            "7bit", field("name=a", "1", more: "Content-Transfer-Encoding: 7BIT\r\n") + "--b--",
            [(PartHead(name: "a"), "1")]),
        Case(
            "odd boundary", boundary: "a'()+_,-./:=? b",
            "--a'()+_,-./:=? b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--a'()+_,-./:=? b--",
            [(PartHead(name: "a"), "1")]),
        Case(
            "boundary of dashes", boundary: "------",
            "--------\r\nContent-Disposition: form-data; name=a\r\n\r\n--\r\n-\r\n----------",
            [(PartHead(name: "a"), "--\r\n-")]),
    ]

    @Test(arguments: sound) func readsWhateverTheCuts(_ sample: Case) throws {
        for piece in 1...max(1, sample.body.count) {
            let parsed = try Self.parse(sample.body, boundary: sample.boundary, piece: piece)
            #expect(parsed.isComplete)
            #expect(parsed.parts.map(\.0) == sample.expected.map(\.0), "piece \(piece)")
            #expect(
                parsed.parts.map { String(decoding: $0.1, as: UTF8.self) } == sample.expected.map(\.1), "piece \(piece)"
            )
        }
    }

    static let broken: [(String, String)] = [
        ("no disposition", "--b\r\nContent-Type: text/plain\r\n\r\n1\r\n--b--"),
        ("no name", "--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--"),
        ("empty name", "--b\r\nContent-Disposition: form-data; name=\"\"\r\n\r\n1\r\n--b--"),
        ("name twice", "--b\r\nContent-Disposition: form-data; name=a; name=c\r\n\r\n1\r\n--b--"),
        ("file name twice", "--b\r\nContent-Disposition: form-data; name=a; filename=c; filename=d\r\n\r\n1\r\n--b--"),
        ("folded line", "--b\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\n1\r\n--b--"),
        ("NUL in the head", "--b\r\nContent-Disposition: form-data; name=\"a\u{0}\"\r\n\r\n1\r\n--b--"),
        ("bare LF after the boundary", "--b\r\nContent-Disposition: form-data; name=a\r\nX\n\r\n1\r\n--b--"),
        ("blank before the colon", "--b\r\nContent-Disposition : form-data; name=a\r\n\r\n1\r\n--b--"),
        ("no semicolon", "--b\r\nContent-Disposition: form-data name=a\r\n\r\n1\r\n--b--"),
        ("name without a value", "--b\r\nContent-Disposition: form-data; name\r\n\r\n1\r\n--b--"),
        ("only filename", "--b\r\nContent-Disposition: form-data; filename=a\r\n\r\n1\r\n--b--"),
        ("only name*", "--b\r\nContent-Disposition: form-data; name*=UTF-8\'\'a\r\n\r\n1\r\n--b--"),
        (
            "quoted-printable",
            "--b\r\nContent-Disposition: form-data; name=a\r\n"
                + "Content-Transfer-Encoding: quoted-printable\r\n\r\n=41\r\n--b--"
        ),
        ("not form-data", "--b\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--b--"),
        (
            "two dispositions",
            "--b\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=c\r\n\r\n1\r\n--b--"
        ),
        ("quote not closed", "--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--b--"),
        ("no head", "--b\r\n\r\n1\r\n--b--"),
        ("bare LF in the head", "--b\r\nContent-Disposition: form-data; name=a\n\n1\r\n--b--"),
        ("line without a colon", "--b\r\nbroken\r\n\r\n1\r\n--b--"),
        ("head too large", "--b\r\nX: " + String(repeating: "a", count: 2000)),
        (
            "base64",
            "--b\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\n1\r\n--b--"
        ),
    ]

    @Test(arguments: broken) func refusesWhatIsBroken(_ name: String, _ body: String) {
        for piece in [1, 7, body.utf8.count] {
            #expect(throws: Refusal.self, "\(name)") {
                _ = try Self.parse(Array(body.utf8), boundary: "b", piece: piece)
            }
        }
    }

    @Test(arguments: [
        "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1",
        "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b",
        "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b-", "--b\r\nContent", "nothing", "--c--",
    ]) func knowsThatTheEndIsMissing(_ body: String) throws {
        #expect(try Self.parse(Array(body.utf8), boundary: "b", piece: 3).isComplete == false)
    }

    @Test(arguments: [
        ("multipart/form-data; boundary=abc", "abc"), ("multipart/form-data;boundary=\"a b;c\"", "a b;c"),
        ("Multipart/Form-Data; charset=utf-8; BOUNDARY=a'()+_,-./:=?", "a'()+_,-./:=?"),
        ("multipart/form-data ; boundary = abc ", "abc"),
        (
            "multipart/form-data; boundary=" + String(repeating: "x", count: 70),
            String(repeating: "x", count: 70)
        ),
    ]) func findsTheBoundary(_ type: String, _ boundary: String) throws {
        let found = try Array(type.utf8).withUnsafeBytes { try MultipartBoundary.of($0) }
        #expect(String(decoding: found, as: UTF8.self) == boundary)
    }

    @Test(arguments: [
        "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"abc", "multipart/form-data; boundary=\"abc \"",
        "multipart/form-data; boundary", "multipart/form-data; boundary=a; boundary=a",
        "multipart/form-data; boundary=a; BOUNDARY=b", "multipart/form-data; boundary=\"a\tb\"",
        "multipart/form-datax; boundary=a",
        "multipart; boundary=a", "multipart/form-data, boundary=a",
        "multipart/form-data; boundary=" + String(repeating: "x", count: 71), "text/plain; boundary=abc",
        "multipart/mixed; boundary=abc",
    ]) func refusesAnUnfitBoundary(_ type: String) {
        #expect(throws: Refusal.self) { try Array(type.utf8).withUnsafeBytes { _ = try MultipartBoundary.of($0) } }
    }
}
