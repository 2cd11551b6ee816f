/// Looks at a request before it goes anywhere.
enum RequestCheck {
    /// The target of a request whose method, fields and URL can be sent.
    static func target(of request: HTTPClientRequest) throws(HTTPClientError) -> RequestTarget {
        guard isToken(request.method) else { throw .invalidRequest("the method is not a token") }
        for (name, value) in request.fields {
            guard isToken(name) else { throw .invalidRequest("a field's name is not a token") }
            guard value.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7f) || $0 == 0x09 }) else {
                throw .invalidRequest("the value of \(name) holds control characters")
            }
        }
        guard request.body == nil || request.file == nil else {
            throw .invalidRequest("the request has two contents")
        }
        return try RequestTarget(url: request.url)
    }

    /// RFC 9110, 5.6.2.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }
}
