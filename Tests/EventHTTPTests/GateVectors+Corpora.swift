/// What conformance suites and collections of smuggling attacks send beside the leniencies that evhttp is known for.
extension GateVector {
    static let corpora: [GateVector] =
        lengths + codings + chunkLines + trailers + hosts + targets + methods + expectations + upgrades + persistence
        + lines + pipelines

    private static func refused(_ names: [String], _ status: Int = 400, _ input: (String) -> String) -> [GateVector] {
        names.map { GateVector($0.prefix(60).debugDescription, input($0), [status], .closed) }
    }

    private static func taken(_ names: [String], _ status: Int = 200, _ input: (String) -> String) -> [GateVector] {
        names.map { GateVector($0.prefix(60).debugDescription, input($0), [status], .open) }
    }

    private static let lengths: [GateVector] =
        refused([
            "Content-Length: 5;", "Content-Length: 5,", "Content-Length: ,5", "Content-Length: \"5\"",
            "Content-Length: 5\r\nContent-Length: 5\r\nContent-Length: 5", "Content-Length: 1_0", "Content-Length: 5e0",
            "Content-Length: 0b101", "Content-Length: 0o5", "Content-Length: 5h", "Content-Length: 5\u{A0}",
            "Content-Length: \u{661}", "Content-Length: 18446744073709551621", "Content-Length: 9223372036854775808",
            "Content-Length: 00000000000000000005", "Content-Length:", "Content-Length: 5\t5", "Content-Length: 5\r",
            "Content-Length: 5\u{85}", "content-length: 5\r\nCONTENT-LENGTH: 6", "Content-Length\u{0}: 5",
            "\u{0}Content-Length: 5", "Content-Length\r\n: 5", "Content-Length: 5\r\n Content-Length: 6",
        ]) { post($0 + "\r\n", "hello") }
        + taken([
            "Content-Length:5", "Content-Length:\t5\t", "CONTENT-LENGTH: 5", "Content-Length:      5      ",
            "Content_Length: 7\r\nContent-Length: 5", "X-Content-Length: 7\r\nContent-Length: 5",
            "Content-Length2: 7\r\nContent-Length: 5",
        ]) { post($0 + "\r\n", "hello") }

    private static let codings: [GateVector] =
        refused([
            "Transfer-Encoding: chunked\r\nContent-Length: 0", "Content-Length: 6\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: identity\r\nContent-Length: 5", "Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "Transfer-Encoding:\u{0B}chunked",
            "Transfer-Encoding: \u{0C}chunked", "Transfer-Encoding: chunked\r\n ", "Transfer-Encoding:\r\n chunked",
            "Transfer-Encoding\u{0B}: chunked", "Transfer\u{0}-Encoding: chunked", " Transfer-Encoding: chunked",
            "X: x\nTransfer-Encoding: chunked", "X: x\rTransfer-Encoding: chunked", "\"Transfer-Encoding\": chunked",
            "Transfer-Encoding : identity\r\nTransfer-Encoding: chunked",
        ]) { post($0 + "\r\n", "0\r\n\r\n") }
        + refused(
            [
                "chunked, chunked", "chunked,gzip,chunked", "chunked,", "chunked ,", "chunked, identity", "chunked;",
                "chunk", "chunkedchunked", "cow", "'chunked'", "chunked\u{A0}", "deflate", "gzip, xchunked", ",", "",
                "\u{FF}", "chu\u{212A}ed", "br", "trailers", "chunked; q=1.0", "chunked\tx", "chunked x",
                "gzip chunked",
            ], 400
        ) { post("Transfer-Encoding: \($0)\r\n", "0\r\n\r\n") }
        + refused(
            ["compress, chunked", ",chunked", ", chunked", "gzip,deflate\t,\tCHUNKED", "x;a=b, chunked"], 501
        ) { post("Transfer-Encoding: \($0)\r\n", "0\r\n\r\n") }
        + taken([
            "Transfer-Encoding: chunked", "transfer-encoding:chunked", "TRANSFER-ENCODING: \t Chunked \t",
            "Transfer_Encoding: identity\r\nTransfer-Encoding: chunked", "TE: trailers\r\nTransfer-Encoding: chunked",
            "X-Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        ]) { post($0 + "\r\n", "0\r\n\r\n") }

    private static let chunkLines: [GateVector] =
        refused([
            "0x5", "0X5", "+5", "-5", "5_0", "5.", "5h", "h", "5 5", "5\t", "5\u{0B}", "5\u{0C}", "\u{0}5", "5\u{1}",
            "5,5",
            "\"5\"", "5\r", "\r5", "5\\", "\u{661}", "5g;a", "{5}", "5\u{A0}", "5:", "5=a",
        ]) { post("Transfer-Encoding: chunked\r\n", $0 + "\r\nhello\r\n0\r\n\r\n") }
        + refused(["ffffffffffffffff", "10000000000000000", "8000000000000000", "4000001", "7fffffffffffffff"], 413) {
            post("Transfer-Encoding: chunked\r\n", $0 + "\r\nhello\r\n0\r\n\r\n")
        }
        + taken([
            "05", "5;", "5;a", "5;a=1;b=2", "5 ; a = b", "5\t;a", "5;a=\"x;y\\\"z\"", "5;a=\"0\\r\"", "00000000005",
            "5;\u{E9}", "5;a=" + String(repeating: "b", count: 1000),
        ]) { post("Transfer-Encoding: chunked\r\n", $0 + "\r\nhello\r\n0\r\n\r\n") }
        + [
            chunked(
                "a long extension on every byte",
                String(repeating: "1;" + String(repeating: "a", count: 900) + "\r\nx\r\n", count: 100), [400], .closed),
            chunked("bytes one by one", String(repeating: "1\r\nx\r\n", count: 3000) + "0\r\n\r\n", [200], .open),
            chunked("LF CR after data", "5\r\nhello\n\r0\r\n\r\n", [400], .closed),
            chunked("CR CR LF after data", "5\r\nhello\r\r\n0\r\n\r\n", [400], .closed),
            chunked("more data than said", "3\r\nhello\r\n0\r\n\r\n", [400], .closed),
            chunked("less data than said", "7\r\nhello\r\n0\r\n\r\n", [400], .closed),
            chunked("last chunk with CR CR LF", "0\r\r\n\r\n", [400], .closed),
            chunked("last chunk with spaces", "0  \r\n\r\n", [400], .closed),
            chunked("last chunk of many zeros and an extension", "000;a=b\r\n\r\n", [200], .open),
            chunked("two last chunks", "0\r\n\r\n0\r\n\r\n", [200, 400], .closed),
            chunked("a request after", "0\r\n\r\n" + get(), [200, 200], .open),
        ]

    private static let trailers: [GateVector] =
        taken([
            "X: 1", "Transfer-Encoding: chunked", "Content-Length: 9", "Host: b", "Connection: close", "Trailer:",
            "X: \u{E9}\tb", "A: 1\r\nB: 2\r\nC: 3",
        ]) { post("Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\n\($0)\r\n\r\n") }
        + refused([
            "X : 1", ": 1", "X", "X: 1\r\n 2", "X: \u{0}", "X: a\u{1}", "X: a\nY: b", "X: a\rY: b", "X\u{E9}: 1", "\n",
            "GET / HTTP/1.1",
        ]) { post("Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\n\($0)\r\n\r\n") }

    private static let hosts: [GateVector] =
        refused(
            [
                "Host: a, b", "Host: a;b c", "Host: a\\b", "Host: a?b", "Host: a#b", "Host: @a", "Host: user:pw@a",
                "Host: a:",
                "Host: a:-1", "Host: a:65536", "Host: a:8a", "Host: a:80:80", "Host: :80", "Host: [", "Host: []",
                "Host: [::1",
                "Host: ::1", "Host: [::1]x", "Host: [::1]:x", "Host: [1]", "Host: [::g]", "Host: [::1%25eth0]",
                "Host: a%zz",
                "Host: a%4", "Host: \"a\"", "Host: <a>", "Host: {a}", "Host: a|b", "Host: a^b", "Host: http://a",
                "Host: a/",
                "Host: \u{E9}", "Host: a\u{0}", "Host: a\tb", "Host: a\r\nhost: a", "Host: a\r\nHOST: b", "Host : a",
                "Host:\r\n a", "Host\u{0}: a", "X-Host: a", "Host", "Host=a", "Host:",
            ].filter { $0 != "Host: a:" }
        ) { get("/health", $0 + "\r\n") }
        + taken([
            "Host: a", "Host: a.", "host:a", "Host: A.B-c_d~1", "Host: 127.0.0.1", "Host: 127.0.0.1:8000",
            "Host: [::1]",
            "Host: [2001:db8::1]:65535", "Host: [::ffff:127.0.0.1]", "Host: a:", "Host: a:0", "Host: a%20b",
            "Host: a!$&'()*+,;=b", "Host: a\r\nX-Forwarded-Host: b, c",
        ]) { get("/health", $0 + "\r\n") }
        + [
            GateVector("two Hosts in HTTP/1.0", get(version: "HTTP/1.0", "Host: a\r\nHost: b\r\n"), [400], .closed),
            GateVector("absolute-form without Host", "GET http://a/health HTTP/1.1\r\n\r\n", [400], .closed),
            GateVector("absolute-form and a bad Host", get("http://a/health", "Host: a b\r\n"), [400], .closed),
            GateVector("absolute-form and another Host", get("http://a:1/health", "Host: b:2\r\n"), [200], .open),
            GateVector(
                "Host after 90 fields", get("/health", String(repeating: "X: 1\r\n", count: 90) + "Host: a\r\n"), [200],
                .open),
        ]

    private static let targets: [GateVector] =
        refused([
            "", " ", "\t/health", "/health ", "//a b", "\\health", "health/", "?a", "#", "/#", "/health#x", "/a%",
            "/a%2",
            "/a%zz", "/%u0041", "/a\u{7F}", "/a\u{80}", "/a`", "/a^", "/a|b", "/a{}", "http://a b/", "http://a:x/",
            "http://[::1/health", "http://a@b/health", "http://a:99999/health", "htp://a/health", "ws://a/health",
            "file:///etc/passwd", "http:health", "http//a/health", "://a/health", "a:80", "**", "*/", "http://?x",
            "http:///", "http://:80/health",
        ]) { get($0) }
        + taken(
            [
                "/", "//", "//health", "/health/", "/./health", "/x/../health", "/%68ealth", "/health%00", "/%2e%2e/",
                "/HEALTH", "/health;a=b", "/a%0d%0aX:%20y", "/health//", "/a:b@c!$&'()*+,;=-._~",
                "http://a/", "http://a", "http://a//health",
            ], 404
        ) { get($0) }
        + taken([
            "/health?", "/health?a=b&c=d", "/health?a=%zz", "/health??", "/health?/../x", "/health?a=b?c",
            "http://a/health",
            "http://a:80/health?x", "HTTPS://A:443/health", "http://[::1]:80/health", "http://a%20b/health",
        ]) { get($0) }
        + [
            GateVector("target of 8 KiB", get("/" + String(repeating: "a", count: (8 << 10) - 1)), [404], .open),
            GateVector("target of 8 KiB and a byte", get("/" + String(repeating: "a", count: 8 << 10)), [414], .closed),
            GateVector("a long query", get("/health?" + String(repeating: "a", count: 9 << 10)), [414], .closed),
            GateVector("OPTIONS of a path", "OPTIONS /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", [404], .open),
            GateVector("POST to *", "POST * HTTP/1.1\r\nHost: a\r\n\r\n", [400], .closed),
            GateVector("OPTIONS without a target", "OPTIONS HTTP/1.1\r\nHost: a\r\n\r\n", [400], .closed),
        ]

    private static let methods: [GateVector] =
        refused(["Get", "gET", "GETT", "GE", "POSt", "PROPFIND", "LINK", "M-SEARCH", "A", "!", "G#T"], 501) {
            "\($0) /health HTTP/1.1\r\nHost: a\r\n\r\n"
        }
        + refused(["TRACE", "CONNECT", "QUERY"], 405) { "\($0) /health HTTP/1.1\r\nHost: a\r\n\r\n" }
        + refused(["TRACE * ", "CONNECT a:80 ", "CONNECT http://a/ ", "TRACE / "], 405) {
            $0 + "HTTP/1.1\r\nHost: a\r\n\r\n"
        }
        + refused(["", "G ET", "G\u{0}ET", "GET:", "G/T", "(GET)", "G\u{E9}T", "\"GET\"", "G@T", "[GET]"]) {
            "\($0) /health HTTP/1.1\r\nHost: a\r\n\r\n"
        }
        + [
            GateVector(
                "TRACE with a body", "TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 32\r\n\r\n" + smuggled, [405],
                .closed),
            GateVector(
                "a broken head counts more than the method", "BREW / HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n", [400],
                .closed),
            GateVector(
                "an unknown method with a body",
                "BREW / HTTP/1.1\r\nHost: a\r\nContent-Length: 32\r\n\r\n" + smuggled, [501], .closed),
            GateVector(
                "a method of 9 KiB", String(repeating: "A", count: 9 << 10) + " / HTTP/1.1\r\n\r\n", [414], .closed),
            GateVector(
                "DELETE with a body",
                "DELETE /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 32\r\n\r\n" + smuggled, [404], .open),
            GateVector(
                "HEAD with chunks", "HEAD /health HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                [400], .closed, isHead: true),
            GateVector(
                "HEAD with a length of 0", "HEAD /health HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", [200],
                .open, isHead: true),
            GateVector("HEAD of nothing", "HEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", [404], .open, isHead: true),
            GateVector("PUT", "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", [200], .open),
        ]

    private static let expectations: [GateVector] =
        taken([
            "Expect: 100-continue", "EXPECT: 100-Continue", "Expect: 100-continue\r\nExpect: 100-continue", "Expect:",
        ]) { post($0 + "\r\nContent-Length: 5\r\n", "hello") }
        + refused(
            [
                "100-continue, x", "200-ok", "100-continue=1", "100-continu", "100 continue", "x", "100-continue;a",
            ], 417
        ) { post("Expect: \($0)\r\nContent-Length: 5\r\n", "hello") }
        + [
            GateVector(
                "Expect in HTTP/1.0",
                "POST /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello", [200], .closed),
            GateVector("Expect without a body", get("/health", "Host: a\r\nExpect: 100-continue\r\n"), [200], .open),
            GateVector(
                "Expect with an empty body", post("Expect: 100-continue\r\nContent-Length: 0\r\n", ""), [200], .open),
        ]

    private static let upgrades: [GateVector] =
        taken([
            "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA",
            "Upgrade: TLS/1.0\r\nConnection: Upgrade", "Connection: Transfer-Encoding, Content-Length, Host",
            "Proxy-Connection: close", "Keep-Alive: timeout=1", "Via: 1.0 x", "Max-Forwards: 0", "Range: bytes=0-1",
            "Accept-Encoding: gzip", "If-None-Match: *", "Cookie: a=b; a=c", "X-Forwarded-For: 1.2.3.4, ::1",
            "Content-Encoding: gzip", "Trailer: X", "TE: trailers, deflate;q=0.5", "Date: never",
            ":x".replacing(":", with: "X:"),
        ]) { get("/health", "Host: a\r\n\($0)\r\n") }
        + refused([":method: GET", ":authority: a", "Content-Type: a/b\r\nContent-Type: c/d"]) {
            get("/health", "Host: a\r\n\($0)\r\n")
        }
        + [
            GateVector(
                "HTTP/2 frames", bytes: Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0],
                [505], .closed),
            GateVector("HTTP/2 frames without a preface", bytes: [0, 0, 18, 4, 0, 0, 0, 0, 0], [400], .closed),
            GateVector("TLS hello", bytes: [0x16, 3, 1, 0, 0xF4, 1, 0, 0, 0xF0, 3, 3], [400], .closed),
            GateVector("PROXY protocol 1", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n" + get(), [400], .closed),
            GateVector("PROXY protocol 2", bytes: [13, 10, 13, 10, 0, 13, 10, 0x51], [400], .closed),
            GateVector("SMTP", "EHLO a\r\n", [400], .closed), GateVector("SSH", "SSH-2.0-x\r\n", [400], .closed),
            GateVector("FTP", "USER a\r\n", [400], .closed),
            GateVector("Redis", "*1\r\n$4\r\nPING\r\n", [400], .closed),
            GateVector("memcached", "get a\r\n", [400], .closed),
        ]

    private static let persistence: [GateVector] =
        taken([
            "Connection: keep-alive", "Connection:", "Connection: ,,", "Connection: close-notify",
            "Connection: x\r\nConnection: y",
            "X: Connection: close", "Connection: \"close\"",
        ]) { get("/health", "Host: a\r\n\($0)\r\n") }
        + [
            "close", "Close", "keep-alive, close", "close, keep-alive", ",close", "close,", "x ,\tclose\t, y",
            "close\r\nConnection: keep-alive",
        ]
        .map {
            GateVector(
                "Connection: \($0.debugDescription)", get("/health", "Host: a\r\nConnection: \($0)\r\n"), [200], .closed
            )
        }
        + ["keep-alive", "KEEP-ALIVE", "x, keep-alive", "x\r\nConnection: keep-alive"].map {
            GateVector("1.0 \($0.debugDescription)", get(version: "HTTP/1.0", "Connection: \($0)\r\n"), [200], .open)
        }
        + ["close", "keep-alive, close", "x", "", "keep-alivex"].map {
            GateVector("1.0 \($0.debugDescription)", get(version: "HTTP/1.0", "Connection: \($0)\r\n"), [200], .closed)
        }

    private static let lines: [GateVector] =
        refused([
            "GET /health\r\n", "GET\r\n", "GET /health HTTP/1.1\n", "\n" + get(), "\r" + get(), "\n\n\r\n" + get(),
            " \r\n" + get(),
            "\r\n \r\n" + get(), "\r\r\n" + get(), "GET /health HTTP/1.1\r\r\n", "GET /health HTTP/1.1 \r\n",
            "GET /health HTTP/1.1\r\nHost: a\r\n\r\u{0}", "GET /health HTTP/1.1\r\n\tHost: a\r\n",
            "HTTP/1.1 200 OK\r\n",
            "GET /health HTTP/1.1\u{0B}\r\n", "GET /health\u{0C}HTTP/1.1\r\n", "GET /health\tHTTP/1.1\r\n",
            "GET /health HTTP/1.1\r\nHost: a\n\r\n", "GET /health HTTP/1.1\r\nHost: a\r\n\n", "\u{FEFF}" + get(),
            "GET /health  HTTP/1.1\r\n", "GET /health HTTP/1.1HTTP/1.1\r\n", "GET /health HTTP/1.\r\n",
            "GET /health HTTP/.1\r\n",
            "GET /health HTTP/1,1\r\n", "GET /health HTTP/1.1.1\r\n", "GET /health Http/1.1\r\n",
            "GET /health HTTPS/1.1\r\n",
            "GET /health HTTP/\u{661}.1\r\n", "GET /health HTTP1.1\r\n", "GET /health HTTP/ 1.1\r\n",
            "GET /health 1.1\r\n",
        ]) { $0 }
        + refused(["0.9", "2.0", "3.0", "1.2", "1.9", "0.0", "9.0"], 505) { "GET /health HTTP/\($0)\r\n" }
        + refused([
            "=: 1\r\n, : 2", "X y: 1", "X\t: 1", "X\u{0B}: 1", "\"X\": 1", "X,Y: 1", "X;Y: 1", "X/Y: 1", "X\u{0}: 1",
            "{X}: 1", "X@Y: 1",
            "X\\: 1", "<X>: 1", "[X]: 1", "(X): 1", "X?: 1", "\u{E9}: 1", "X\r: 1", "X", "X=1", "X\r\n\tY", "  X: 1",
            ":", "::", "X: a\u{8}",
            "X: \u{1B}[0m", "X: a\u{7F}", "X: \u{0}",
        ]) { get("/health", "Host: a\r\n\($0)\r\n") }
        + taken([
            "X:", "X: ", "X:\t", "X: :", "X: a: b", "X:a", "X: \"\u{E9}\"", "!#$%&'*+-.^_`|~: 1", "1: 2", "X: a  b\t c",
            "X: \u{85}\u{A0}",
            "X: " + String(repeating: "a", count: 8000), String(repeating: "x", count: 1000) + ": 1",
            "X: =?utf-8?b?AA==?=",
        ]) { get("/health", "Host: a\r\n\($0)\r\n") }

    private static let pipelines: [GateVector] = [
        GateVector("many empty lines first", String(repeating: "\r\n", count: 200) + get(), [200], .open),
        GateVector("an empty line after each body", post("Content-Length: 1\r\n", "x\r\n") + get(), [200, 200], .open),
        GateVector("a body and rubbish", post("Content-Length: 1\r\n", "xy") + get(), [200, 501], .closed),
        GateVector("404 between", get("/a") + get() + get("/b"), [404, 200, 404], .open),
        GateVector(
            "chunks, length, chunks",
            post("Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\n\r\n") + post("Content-Length: 2\r\n", "ab")
                + post("Transfer-Encoding: chunked\r\n", "0\r\nX: 1\r\n\r\n"), [200, 200, 200], .open),
        GateVector("refused before more", "GET / HTTP/1.1\r\n\r\n" + get(), [400], .closed),
        GateVector("HTTP/1.0 ends a pipeline", get() + get(version: "HTTP/1.0") + get(), [200, 200], .closed),
        GateVector(
            "a request in an unwanted body", get("/health", "Host: a\r\nContent-Length: 32\r\n") + smuggled + get(),
            [200, 200], .open),
        GateVector("dropped, held back, inline", get("/drop") + get("/queued") + get(), [500, 200, 200], .open),
    ]
}
