private import CCurl

/// Looks at a request before it goes anywhere.
enum RequestCheck {
    /// Scheme, host and port of the request's URL, as the key of pooled connections.
    static func origin(of request: HTTPClientRequest) throws(HTTPClientError) -> String {
        guard isToken(request.method) else { throw .invalidRequest("the method is not a token") }
        for (name, value) in request.fields {
            guard isToken(name) else { throw .invalidRequest("a field's name is not a token") }
            guard value.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7f) || $0 == 0x09 }) else {
                throw .invalidRequest("the value of \(name) holds control characters")
            }
        }
        // A URL object of our own: created, read and freed here.
        guard let url = curl_url() else { throw .failed("libcurl gave no URL handle") }
        defer { curl_url_cleanup(url) }
        guard curl_url_set(url, CURLUPART_URL, request.url, 0) == CURLUE_OK else {
            throw .invalidRequest("the URL cannot be read")
        }
        guard let scheme = part(url, CURLUPART_SCHEME), scheme == "http" || scheme == "https" else {
            throw .invalidRequest("the URL's scheme is not http or https")
        }
        guard part(url, CURLUPART_USER) == nil, part(url, CURLUPART_PASSWORD) == nil else {
            throw .invalidRequest("the URL holds user information")
        }
        guard let host = part(url, CURLUPART_HOST), let port = part(url, CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT))
        else { throw .invalidRequest("the URL names no host") }
        return "\(scheme)://\(host):\(port)"
    }

    private static func part(_ url: OpaquePointer, _ part: CURLUPart, _ flags: UInt32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, part, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
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
