/// One message or several, and what has to come back: the statuses in order, and whether the connection stays open.
struct GateVector: Sendable, CustomStringConvertible {
    enum End: Sendable { case open, closed }

    var name: String
    var input: [UInt8]
    var statuses: [Int]
    var end: End
    var isHead = false

    init(_ name: String, _ input: String, _ statuses: [Int], _ end: End, isHead: Bool = false) {
        self.name = name
        self.input = Array(input.utf8)
        self.statuses = statuses
        self.end = end
        self.isHead = isHead
    }

    init(_ name: String, bytes: [UInt8], _ statuses: [Int], _ end: End) {
        self.init(name, "", statuses, end)
        input = bytes
    }

    var description: String { name }

    /// A request whose body would be read as a second request by whoever frames it wrongly.
    static let smuggled = "GET /close HTTP/1.1\r\nHost: a\r\n\r\n"

    static func post(_ fields: String, _ body: String) -> String {
        "POST /echo HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\(body)"
    }

    static func get(
        _ target: String = "/health", version: String = "HTTP/1.1", _ fields: String = "Host: a\r\n"
    )
        -> String
    {
        "GET \(target) \(version)\r\n\(fields)\r\n"
    }

    /// A head of so many bytes, its empty line included.
    static func head(ofBytes count: Int) -> String {
        let empty = get("/health", "Host: a\r\nX: \r\n")
        return get("/health", "Host: a\r\nX: \(String(repeating: "a", count: count - empty.utf8.count))\r\n")
    }

    static let all: [GateVector] =
        contentLength + transferEncoding + chunks + fields + requestLine + connection + bodies + legal + corpora

    static let contentLength: [GateVector] = [
        GateVector("CL", post("Content-Length: 5\r\n", "hello"), [200], .open),
        GateVector("CL with leading zeros", post("Content-Length: 005\r\n", "hello"), [200], .open),
        GateVector("CL 0", post("Content-Length: 0\r\n", ""), [200], .open),
        GateVector("two different CL", post("Content-Length: 0\r\nContent-Length: 32\r\n", smuggled), [400], .closed),
        GateVector("two equal CL", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), [400], .closed),
        GateVector("CL with a plus", post("Content-Length: +5\r\n", "hello"), [400], .closed),
        GateVector("CL -0", post("Content-Length: -0\r\n", smuggled), [400], .closed),
        GateVector("CL -1", post("Content-Length: -1\r\n", smuggled), [400], .closed),
        GateVector("CL in hex", post("Content-Length: 0x5\r\n", "hello"), [400], .closed),
        GateVector("CL as a list", post("Content-Length: 5, 5\r\n", "hello"), [400], .closed),
        GateVector("CL empty", post("Content-Length: \r\n", "hello"), [400], .closed),
        GateVector("CL of letters", post("Content-Length: five\r\n", "hello"), [400], .closed),
        GateVector("CL with a blank inside", post("Content-Length: 5 5\r\n", "hello"), [400], .closed),
        GateVector("CL with a fraction", post("Content-Length: 5.0\r\n", "hello"), [400], .closed),
        GateVector("CL too large for 64 bits", post("Content-Length: 99999999999999999999\r\n", ""), [400], .closed),
        GateVector("CL after a vertical tab", post("Content-Length: \u{0B}5\r\n", "hello"), [400], .closed),
        GateVector("CL after a form feed", post("Content-Length: \u{0C}5\r\n", "hello"), [400], .closed),
        GateVector("CL with NUL", post("Content-Length: 5\u{0}\r\n", "hello"), [400], .closed),
        GateVector("CL before a blank and colon", post("Content-Length : 5\r\n", "hello"), [400], .closed),
        GateVector("CL above the limit", post("Content-Length: 99999999999\r\n", ""), [413], .closed),
    ]

    static let transferEncoding: [GateVector] = [
        GateVector("TE chunked in capitals", post("Transfer-Encoding: CHUNKED\r\n", "0\r\n\r\n"), [200], .open),
        GateVector("TE xchunked", post("Transfer-Encoding: xchunked\r\n", smuggled), [400], .closed),
        GateVector("TE identity", post("Transfer-Encoding: identity\r\n", smuggled), [400], .closed),
        GateVector("TE gzip", post("Transfer-Encoding: gzip\r\n", smuggled), [400], .closed),
        GateVector("TE empty", post("Transfer-Encoding: \r\n", smuggled), [400], .closed),
        GateVector("TE quoted", post("Transfer-Encoding: \"chunked\"\r\n", smuggled), [400], .closed),
        GateVector("TE after a vertical tab", post("Transfer-Encoding: \u{0B}chunked\r\n", smuggled), [400], .closed),
        GateVector("TE with a parameter", post("Transfer-Encoding: chunked;a=b\r\n", "0\r\n\r\n"), [400], .closed),
        GateVector("TE with NUL", post("Transfer-Encoding: chunked\u{0}\r\n", "0\r\n\r\n"), [400], .closed),
        GateVector(
            "TE identity, chunked", post("Transfer-Encoding: identity, chunked\r\n", "0\r\n\r\n"), [501], .closed),
        GateVector("TE gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), [501], .closed),
        GateVector("TE chunked, x", post("Transfer-Encoding: chunked, x\r\n", "0\r\n\r\n"), [400], .closed),
        GateVector("TE before a blank and colon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), [400], .closed),
        GateVector("TE before a tab and colon", post("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n"), [400], .closed),
        GateVector(
            "TE twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), [400],
            .closed),
        GateVector(
            "TE and CL", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), [400], .closed),
        GateVector(
            "CL and TE", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), [400], .closed),
        GateVector(
            "TE in HTTP/1.0",
            "POST /echo HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            [400], .closed),
    ]

    static func chunked(_ name: String, _ body: String, _ statuses: [Int], _ end: End) -> GateVector {
        GateVector("chunks: " + name, post("Transfer-Encoding: chunked\r\n", body), statuses, end)
    }

    static let chunks: [GateVector] = [
        chunked("plain", "5\r\nhello\r\n0\r\n\r\n", [200], .open),
        chunked("hex of both cases", "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", [200], .open),
        chunked("leading zeros", "0005\r\nhello\r\n000\r\n\r\n", [200], .open),
        chunked("extension", "5;a=b\r\nhello\r\n0\r\n\r\n", [200], .open),
        chunked("quoted extension", "5;a=\"b c\"\r\nhello\r\n0;x\r\n\r\n", [200], .open),
        chunked("blank before an extension", "5 ;a\r\nhello\r\n0\r\n\r\n", [200], .open),
        chunked("trailers", "5\r\nhello\r\n0\r\nX-T: 1\r\nContent-Length: 3\r\n\r\n", [200], .open),
        chunked("0x", "0x5\r\nhello\r\n0\r\n\r\n", [400], .closed),
        chunked("plus", "+5\r\nhello\r\n0\r\n\r\n", [400], .closed),
        chunked("-0", "-0\r\n\r\n", [400], .closed),
        chunked("leading blank", " 5\r\nhello\r\n0\r\n\r\n", [400], .closed),
        chunked("leading tab", "\t5\r\nhello\r\n0\r\n\r\n", [400], .closed),
        chunked("junk after a blank", "5 x\r\nhello\r\n0\r\n\r\n", [400], .closed),
        chunked("blank before CRLF", "5 \r\nhello\r\n0\r\n\r\n", [400], .closed),
        chunked("NUL", "5\u{0}\r\nhello\r\n0\r\n\r\n", [400], .closed),
        chunked("empty size", "\r\nhello\r\n0\r\n\r\n", [400], .closed),
        chunked("no CRLF after data", "5\r\nhello0\r\n\r\n", [400], .closed),
        chunked("extra CRLF after data", "5\r\nhello\r\n\r\n0\r\n\r\n", [400], .closed),
        chunked("wrong bytes after data", "5\r\nhelloXX0\r\n\r\n", [400], .closed),
        chunked("bare LF after size", "5\nhello\r\n0\r\n\r\n", [400], .closed),
        chunked("bare LF after data", "5\r\nhello\n0\r\n\r\n", [400], .closed),
        chunked("bare CR after size", "5\rhello\r\n0\r\n\r\n", [400], .closed),
        chunked("bare LF at the end", "0\r\n\n", [400], .closed),
        chunked("bare LF in an extension", "5;a\nhello\r\n0\r\n\r\n", [400], .closed),
        chunked("control byte in an extension", "5;a\u{1}\r\nhello\r\n0\r\n\r\n", [400], .closed),
        chunked("size of 16 digits", "0000000000000005\r\nhello\r\n0\r\n\r\n", [200], .open),
        chunked("size of 16 digits that count", "1000000000000005\r\nhello", [413], .closed),
        chunked("size of 2000 zeros", String(repeating: "0", count: 2000) + "5\r\nhello\r\n0\r\n\r\n", [400], .closed),
        chunked("size above the limit", "fffffffff\r\n", [413], .closed),
        chunked("a size line without end", "5;" + String(repeating: "a", count: 2000), [400], .closed),
        chunked("trailer without a colon", "0\r\nbroken\r\n\r\n", [400], .closed),
        chunked("trailer with a blank name", "0\r\n X: 1\r\n\r\n", [400], .closed),
        chunked("trailers without end", "0\r\nX: " + String(repeating: "a", count: 9000), [431], .closed),
    ]

    static let fields: [GateVector] = [
        GateVector("blank before the colon", get("/health", "Host: a\r\nX : 1\r\n"), [400], .closed),
        GateVector("empty field name", get("/health", "Host: a\r\n: 1\r\n"), [400], .closed),
        GateVector("field name with brackets", get("/health", "Host: a\r\n(x): 1\r\n"), [400], .closed),
        GateVector(
            "field name of 8 bits",
            bytes: Array("GET /health HTTP/1.1\r\nHost: a\r\n".utf8) + [0xE9, 0x3A, 0x31]
                + Array("\r\n\r\n".utf8), [400], .closed),
        GateVector("field without a colon", get("/health", "Host: a\r\nbroken\r\n"), [400], .closed),
        GateVector("NUL in a value", get("/health", "Host: a\r\nX: a\u{0}b\r\n"), [400], .closed),
        GateVector("control byte in a value", get("/health", "Host: a\r\nX: a\u{1}b\r\n"), [400], .closed),
        GateVector("DEL in a value", get("/health", "Host: a\r\nX: a\u{7F}b\r\n"), [400], .closed),
        GateVector("tab and 8 bits in a value", get("/health", "Host: a\r\nX: a\té\r\n"), [200], .open),
        GateVector("no Host", get("/health", ""), [400], .closed),
        GateVector("two Hosts", get("/health", "Host: a\r\nHost: a\r\n"), [400], .closed),
        GateVector("Host with a blank", get("/health", "Host: a b\r\n"), [400], .closed),
        GateVector("Host with a path", get("/health", "Host: a/b\r\n"), [400], .closed),
        GateVector("Host with a user", get("/health", "Host: u@a\r\n"), [400], .closed),
        GateVector("Host with a bad port", get("/health", "Host: a:x\r\n"), [400], .closed),
        GateVector("Host empty", get("/health", "Host: \r\n"), [400], .closed),
        GateVector("Host of IPv6", get("/health", "Host: [::1]:80\r\n"), [200], .open),
        GateVector("Host of IPv6 not closed", get("/health", "Host: [::1\r\n"), [400], .closed),
        GateVector("folded field", get("/health", "Host: a\r\nX: 1\r\n 2\r\n"), [400], .closed),
        GateVector("folded first field", "GET /health HTTP/1.1\r\n Host: a\r\n\r\n", [400], .closed),
        GateVector("bare LF", "GET /health HTTP/1.1\nHost: a\n\n", [400], .closed),
        GateVector("one bare LF", "GET /health HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n", [400], .closed),
        GateVector("bare CR", "GET /health HTTP/1.1\r\nHost: a\rX: 1\r\n\r\n", [400], .closed),
        GateVector(
            "101 fields", get("/health", "Host: a\r\n" + String(repeating: "X: 1\r\n", count: 100)), [431], .closed),
        GateVector(
            "100 fields", get("/health", "Host: a\r\n" + String(repeating: "X: 1\r\n", count: 99)), [200], .open),
        GateVector("head of 16 KiB", head(ofBytes: 16 << 10), [200], .open),
        GateVector("head of 16 KiB and a byte", head(ofBytes: (16 << 10) + 1), [431], .closed),
        GateVector(
            "head of 17 KiB", get("/health", "Host: a\r\nX: " + String(repeating: "a", count: 17 << 10) + "\r\n"),
            [431],
            .closed),
    ]

    static let requestLine: [GateVector] =
        [
            "HTTP/1.10", "HTTP/01.1", "HTTP/+1.1", "HTTP/1.+1", "HTTP/1.-1", "HTTP/1", "HTTP/11", "HTTP/1.1x",
            "http/1.1", "HTTP /1.1", "HTTP/4294967297.1", "XTTP/1.1", "HTTP/1.1\u{0}", "HTTP/1.1 ", "HTTP/",
        ].map { GateVector("version \($0.debugDescription)", get(version: $0), [400], .closed) }
        + ["HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "HTTP/9.9"].map {
            GateVector("version \($0)", get(version: $0), [505], .closed)
        }
        + [
            "/?x HTTP/1.1", "/a b", "/a\u{1}", "/a\u{0}b", "/a\tb", "/é", "/a\rb", "/a#b", "/a\"b", "/<b>", "/a\\b",
            "/{b}",
            "health", "*", "ftp://a/health", "http:/health", "http://", "http:///health", "http://u@a/health",
            "//\u{7F}",
        ].map { GateVector("target \($0.debugDescription)", get($0), [400], .closed) }
        + [
            GateVector("no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", [400], .closed),
            GateVector("two blanks", "GET  /health HTTP/1.1\r\nHost: a\r\n\r\n", [400], .closed),
            GateVector("a tab", "GET\t/health HTTP/1.1\r\nHost: a\r\n\r\n", [400], .closed),
            GateVector("a blank at the start", " GET /health HTTP/1.1\r\nHost: a\r\n\r\n", [400], .closed),
            GateVector("HTTP/0.9", "GET /health\r\n\r\n", [400], .closed),
            GateVector("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [505], .closed),
            GateVector("TLS", bytes: [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00], [400], .closed),
            GateVector("lower-case method", "get /health HTTP/1.1\r\nHost: a\r\n\r\n", [501], .closed),
            GateVector("unknown method", "BREW /health HTTP/1.1\r\nHost: a\r\n\r\n", [501], .closed),
            GateVector(
                "long method", String(repeating: "A", count: 40) + " / HTTP/1.1\r\nHost: a\r\n\r\n", [501], .closed),
            GateVector("method with a comma", "GE,T / HTTP/1.1\r\nHost: a\r\n\r\n", [400], .closed),
            GateVector("TRACE", "TRACE /health HTTP/1.1\r\nHost: a\r\n\r\n", [405], .closed),
            GateVector("CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n" + smuggled, [405], .closed),
            GateVector("target of 9 KiB", get("/" + String(repeating: "a", count: 9 << 10)), [414], .closed),
            GateVector("a request line without end", "GET /" + String(repeating: "a", count: 20 << 10), [414], .closed),
        ]

    static let connection: [GateVector] = [
        GateVector("close", get("/health", "Host: a\r\nConnection: close\r\n"), [200], .closed),
        GateVector("Close in capitals", get("/health", "Host: a\r\nConnection: CLOSE\r\n"), [200], .closed),
        GateVector("close in a list", get("/health", "Host: a\r\nConnection: foo, close\r\n"), [200], .closed),
        GateVector(
            "close in a second line", get("/health", "Host: a\r\nConnection: foo\r\nConnection: close\r\n"), [200],
            .closed),
        GateVector("closer is not close", get("/health", "Host: a\r\nConnection: closer\r\n"), [200], .open),
        GateVector("HTTP/1.0", get(version: "HTTP/1.0", ""), [200], .closed),
        GateVector("HTTP/1.0 with a Host", get(version: "HTTP/1.0"), [200], .closed),
        GateVector("HTTP/1.0 keep-alive", get(version: "HTTP/1.0", "Connection: Keep-Alive\r\n"), [200], .open),
        GateVector(
            "nothing is read after close", get("/health", "Host: a\r\nConnection: close\r\n") + get(), [200], .closed),
    ]

    static let bodies: [GateVector] = [
        GateVector(
            "HEAD with a body", "HEAD /health HTTP/1.1\r\nHost: a\r\nContent-Length: 32\r\n\r\n" + smuggled, [400],
            .closed,
            isHead: true),
        GateVector("HEAD", "HEAD /health HTTP/1.1\r\nHost: a\r\n\r\n", [200], .open, isHead: true),
        GateVector("204 has no body", get("/204"), [204], .open),
        GateVector("304 has no body", get("/304"), [304], .open),
        GateVector("an unknown expectation", post("Expect: tea\r\nContent-Length: 5\r\n", "hello"), [417], .closed),
        GateVector(
            "GET with a body",
            "GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: 32\r\n\r\n" + smuggled, [200], .open),
        GateVector(
            "refused with a body", "POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 32\r\n\r\n" + smuggled, [401],
            .open),
        GateVector(
            "refused with chunks",
            "POST /refused HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", [401],
            .open),
        GateVector(
            "no body wanted", "POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", [200], .open),
    ]

    static let legal: [GateVector] = [
        GateVector("plain", get(), [200], .open),
        GateVector("an empty line first", "\r\n" + get(), [200], .open),
        GateVector("empty lines between", get() + "\r\n\r\n" + get(), [200, 200], .open),
        GateVector("OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", [200], .open),
        GateVector("absolute-form", get("http://b:80/health"), [200], .open),
        GateVector("absolute-form in capitals", get("HTTP://b/health?x"), [200], .open),
        GateVector("https in absolute-form", get("https://b/health"), [200], .open),
        GateVector("PATCH", "PATCH /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", [404], .open),
        GateVector("ten at once", String(repeating: get(), count: 10), Array(repeating: 200, count: 10), .open),
        GateVector(
            "inline and queued in turn", get() + get("/queued") + get() + get("/atonce") + get("/204"),
            [200, 200, 200, 200, 204], .open),
        GateVector(
            "a body between", get() + post("Content-Length: 5\r\n", "hello") + get(), [200, 200, 200], .open),
        GateVector(
            "refused after answers", get() + get("/queued") + "BROKEN\r\n\r\n", [200, 200, 400], .closed),
    ]
}
