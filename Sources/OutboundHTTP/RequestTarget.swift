private import CCurl

/// Where a URL leads, as libcurl reads it: the reader is the same that later connects, so both see one host.
struct RequestTarget: Sendable, Hashable {
    /// `http` or `https`.
    let scheme: String
    /// Lower case, without brackets and without a dot at the end. Odd spellings of IPv4 (`0x7f.1`, `2130706433`,
    /// `0177.0.0.1`) are dotted decimal here.
    let host: String
    let port: Int
    /// The host where it is an address.
    let address: IPAddress?

    /// `scheme://host:port`.
    var origin: String { "\(scheme)://\(host):\(port)" }

    /// - Throws: `invalidRequest` unless it is an absolute http or https URL without user information.
    init(url text: String) throws(HTTPClientError) {
        // A URL object of our own: created, read and freed here.
        guard let url = curl_url() else { throw .failed("libcurl gave no URL handle") }
        defer { curl_url_cleanup(url) }
        guard curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK else {
            throw .invalidRequest("the URL cannot be read")
        }
        guard let scheme = Self.part(url, CURLUPART_SCHEME), scheme == "http" || scheme == "https" else {
            throw .invalidRequest("the URL's scheme is not http or https")
        }
        guard Self.part(url, CURLUPART_USER) == nil, Self.part(url, CURLUPART_PASSWORD) == nil else {
            throw .invalidRequest("the URL holds user information")
        }
        guard let host = Self.part(url, CURLUPART_HOST), !host.isEmpty,
            let port = Self.part(url, CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT)).flatMap({ Int($0) })
        else { throw .invalidRequest("the URL names no host") }
        var name = host.lowercased()
        if name.hasPrefix("["), name.hasSuffix("]") { name = String(name.dropFirst().dropLast()) }
        if name.hasSuffix(".") { name.removeLast() }
        self.scheme = scheme
        self.host = name
        self.port = port
        address = IPAddress(name)
    }

    private static func part(_ url: OpaquePointer, _ part: CURLUPart, _ flags: UInt32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, part, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
