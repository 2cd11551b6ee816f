internal import CCurl
private import Glibc

/// One easy handle with typed options; freed by whoever made it. Used by one thread at a time.
struct CurlEasy {
    /// libcurl's handle.
    let handle: UnsafeMutableRawPointer

    /// Nil if libcurl has no memory for it.
    init?() {
        guard let handle = curl_easy_init() else { return nil }
        self.handle = handle
    }

    /// Frees the handle.
    func free() { curl_easy_cleanup(handle) }

    /// Options go; connections, DNS and TLS sessions stay.
    func reset() { curl_easy_reset(handle) }

    /// Sets a number.
    func set(_ option: CURLoption, _ value: Int) throws(HTTPClientError) {
        try check(idp_curl_set_long(handle, option, value), option)
    }

    /// Sets a size.
    func set(_ option: CURLoption, size value: Int) throws(HTTPClientError) {
        try check(idp_curl_set_offset(handle, option, curl_off_t(value)), option)
    }

    /// Sets a text, which libcurl copies.
    func set(_ option: CURLoption, _ value: String) throws(HTTPClientError) {
        try check(idp_curl_set_string(handle, option, value), option)
    }

    /// Sets a pointer, which must stay valid until `reset`.
    func set(_ option: CURLoption, pointer value: UnsafeRawPointer) throws(HTTPClientError) {
        try check(idp_curl_set_pointer(handle, option, value), option)
    }

    /// Sets a list, which must stay valid until `reset`.
    func set(_ option: CURLoption, list: UnsafeMutablePointer<curl_slist>?) throws(HTTPClientError) {
        try check(idp_curl_set_list(handle, option, list), option)
    }

    /// Turns a setter's answer into an error.
    func check(_ code: CURLcode, _ option: CURLoption) throws(HTTPClientError) {
        guard code == CURLE_OK else {
            throw .failed("curl_easy_setopt \(option.rawValue): \(String(cString: curl_easy_strerror(code)))")
        }
    }

    /// A number that libcurl knows of the last transfer; 0 if it knows none.
    func number(_ info: CURLINFO) -> Int {
        var value = 0
        return idp_curl_get_long(handle, info, &value) == CURLE_OK ? value : 0
    }

    /// A size or time that libcurl knows of the last transfer; 0 if it knows none.
    func size(_ info: CURLINFO) -> Int {
        var value: curl_off_t = 0
        return idp_curl_get_offset(handle, info, &value) == CURLE_OK ? Int(value) : 0
    }
}

extension CurlEasy {
    /// What libcurl tells about a transfer that has ended, or about one that is given up with `code`.
    struct Facts {
        var code: CURLcode
        var status: Int
        var isReused: Bool
        var systemError: Int32
        var hasConnected: Bool

        init(_ easy: CurlEasy, code: CURLcode) {
            self.code = code
            status = easy.number(CURLINFO_RESPONSE_CODE)
            isReused = easy.number(CURLINFO_NUM_CONNECTS) == 0
            systemError = Int32(truncatingIfNeeded: easy.number(CURLINFO_OS_ERRNO))
            hasConnected = easy.size(CURLINFO_PRETRANSFER_TIME_T) > 0
        }
    }
}

extension HTTPClientError {
    /// What libcurl's code means for a request.
    init(_ facts: CurlEasy.Facts, limitBytes: Int) {
        let text = String(cString: curl_easy_strerror(facts.code))
        switch facts.code {
        case CURLE_OPERATION_TIMEDOUT: self = facts.hasConnected ? .timeout : .connectTimeout
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .unresolved
        case CURLE_COULDNT_CONNECT: self = facts.systemError == ECONNREFUSED ? .refused : .unreachable(text)
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE: self = .reset
        case CURLE_FILESIZE_EXCEEDED: self = .tooLarge(limitBytes: limitBytes)
        case CURLE_URL_MALFORMAT: self = .invalidRequest(text)
        // The URL's scheme was looked at before: "unsupported protocol" here is an answer that is not HTTP/1.
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_HTTP2, CURLE_BAD_CONTENT_ENCODING:
            self = .malformedAnswer(text)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED:
            self = .tls(text)
        // libcurl's list is open: what has no name of ours is told in its own words.
        default: self = .failed(text)
        }
    }
}
