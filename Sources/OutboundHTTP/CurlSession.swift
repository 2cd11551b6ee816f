private import CCurl
private import Glibc

/// libcurl's global state, set up once and never torn down: other threads may be in it when the process ends.
enum CurlLibrary {
    /// Whether the set-up worked; asked before the first handle.
    static let isReady = idp_curl_global_init() == CURLE_OK
}

/// One multi handle with one easy handle and the connections they keep open.
///
/// Owns both handles and frees them when it goes away, on whichever thread that is. Used by one thread at a time: the
/// pool hands it out to one caller. Only `curl_multi_wakeup` may be called from elsewhere meanwhile.
final class CurlSession: @unchecked Sendable {
    // Sendable: a session is either in the pool, where nobody uses it, or with the one caller that took it out under
    // the pool's lock, which also orders one caller's accesses before the next one's. libcurl allows a handle to be
    // used by different threads one after the other.

    /// The origin that its connections lead to.
    let origin: String
    private let multi: UnsafeMutableRawPointer
    private let easy: UnsafeMutableRawPointer

    /// Nil if libcurl has no memory for it.
    init?(origin: String) {
        guard let multi = curl_multi_init() else { return nil }
        guard let easy = curl_easy_init() else {
            curl_multi_cleanup(multi)
            return nil
        }
        self.origin = origin
        self.multi = multi
        self.easy = easy
        _ = idp_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 1)
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_multi_cleanup(multi)
    }

    /// Runs one request to its end on the calling thread.
    func perform(
        _ request: HTTPClientRequest, _ configuration: HTTPClient.Configuration, until end: ContinuousClock.Instant,
        abort: HTTPAbort?
    ) throws(HTTPClientError) -> HTTPClientResponse {
        // Options go; connections, DNS and TLS sessions stay.
        curl_easy_reset(easy)
        let answer = AnswerCollector(limitBytes: request.responseLimitBytes)
        var list: UnsafeMutablePointer<curl_slist>?
        defer { curl_slist_free_all(list) }
        for line in Self.fieldLines(request) {
            // A failing append leaves the old list as it was, still to be freed.
            guard let longer = curl_slist_append(list, line) else { throw .failed("out of memory") }
            list = longer
        }
        let result = Result { () throws(HTTPClientError) in
            try configure(request, configuration, list, answer)
            // The body is not copied: it stays where it is until the transfer has ended.
            return try Self.withBody(request.body ?? []) { pointer, count throws(HTTPClientError) in
                try self.configureBody(request, pointer, count)
                return try self.run(until: end, request, abort)
            }
        }
        // After this no pointer of ours is left with libcurl.
        curl_easy_reset(easy)
        let facts = try result.get()
        if answer.isTooLarge { throw .tooLarge(limitBytes: request.responseLimitBytes) }
        if facts.code != CURLE_OK { throw error(facts, limitBytes: request.responseLimitBytes) }
        return HTTPClientResponse(
            status: facts.status, fields: answer.fields, body: answer.body, usedPooledConnection: facts.isReused)
    }

    /// What libcurl tells about a transfer that has ended.
    private struct Facts {
        var code: CURLcode
        var status: Int
        var isReused: Bool
        var systemError: Int32
        var hasConnected: Bool
    }

    /// Adds the transfer to the multi handle and drives it until it ends, the time is up or somebody aborts it.
    private func run(
        until end: ContinuousClock.Instant, _ request: HTTPClientRequest, _ abort: HTTPAbort?
    ) throws(HTTPClientError) -> Facts {
        guard curl_multi_add_handle(multi, easy) == CURLM_OK else { throw .failed("curl_multi_add_handle") }
        defer { curl_multi_remove_handle(multi, easy) }
        let waker = MultiWaker(multi: multi)
        abort?.register { waker.wake() }
        defer { abort?.unregister() }
        let connectEnd = min(end, ContinuousClock.now.advanced(by: request.connectTimeout))
        while true {
            if let abort, abort.isAborted { throw .aborted }
            var running: Int32 = 0
            guard curl_multi_perform(multi, &running) == CURLM_OK else { throw .failed("curl_multi_perform") }
            var code = CURLE_OK
            if idp_curl_multi_result(multi, &code) != 0 { return facts(code) }
            let now = ContinuousClock.now
            let facts = facts(CURLE_OPERATION_TIMEDOUT)
            if now >= end || (!facts.hasConnected && now >= connectEnd) { return facts }
            let wait = now.duration(to: facts.hasConnected ? end : connectEnd)
            guard curl_multi_poll(multi, nil, 0, Self.milliseconds(wait), nil) == CURLM_OK else {
                throw .failed("curl_multi_poll")
            }
        }
    }

    private func facts(_ code: CURLcode) -> Facts {
        Facts(
            code: code, status: long(CURLINFO_RESPONSE_CODE), isReused: long(CURLINFO_NUM_CONNECTS) == 0,
            systemError: Int32(truncatingIfNeeded: long(CURLINFO_OS_ERRNO)),
            hasConnected: offset(CURLINFO_PRETRANSFER_TIME_T) > 0)
    }

    private func configure(
        _ request: HTTPClientRequest, _ configuration: HTTPClient.Configuration,
        _ list: UnsafeMutablePointer<curl_slist>?, _ answer: AnswerCollector
    ) throws(HTTPClientError) {
        try set(CURLOPT_URL, request.url)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_FOLLOWLOCATION, 0)
        // HTTP/1.1 only: one request per connection at a time is what the pool of sessions is made for.
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        // Timers without signals, which are the process's, not a library's.
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let file = configuration.certificateAuthorityFile { try set(CURLOPT_CAINFO, file) }
        // An empty proxy switches off the environment's.
        try set(CURLOPT_PROXY, configuration.proxy ?? "")
        try set(CURLOPT_USERAGENT, configuration.userAgent)
        // The loop above keeps the limits; libcurl's own are the second line, a little later.
        try set(CURLOPT_TIMEOUT_MS, Int(Self.milliseconds(request.timeout)) + 1000)
        try set(CURLOPT_CONNECTTIMEOUT_MS, Int(Self.milliseconds(request.connectTimeout)) + 1000)
        try check(
            idp_curl_set_offset(easy, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(request.responseLimitBytes)),
            "CURLOPT_MAXFILESIZE_LARGE")
        try check(idp_curl_set_list(easy, CURLOPT_HTTPHEADER, list), "CURLOPT_HTTPHEADER")
        // Unretained: `answer` lives in the caller's frame until after the reset that makes libcurl forget it.
        let context = Unmanaged.passUnretained(answer).toOpaque()
        try check(idp_curl_set_pointer(easy, CURLOPT_WRITEDATA, context), "CURLOPT_WRITEDATA")
        try check(idp_curl_set_pointer(easy, CURLOPT_HEADERDATA, context), "CURLOPT_HEADERDATA")
        try check(
            idp_curl_set_write_callback(easy, CURLOPT_WRITEFUNCTION, writeCallback), "CURLOPT_WRITEFUNCTION")
        try check(
            idp_curl_set_write_callback(easy, CURLOPT_HEADERFUNCTION, headerCallback), "CURLOPT_HEADERFUNCTION")
    }

    private func configureBody(
        _ request: HTTPClientRequest, _ pointer: UnsafeRawPointer, _ count: Int
    ) throws(HTTPClientError) {
        if request.body != nil {
            try set(CURLOPT_POST, 1)
            try check(idp_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(count)), "POSTFIELDSIZE")
            try check(idp_curl_set_pointer(easy, CURLOPT_POSTFIELDS, pointer), "CURLOPT_POSTFIELDS")
        }
        switch request.method {
        case "GET" where request.body == nil: try set(CURLOPT_HTTPGET, 1)
        case "HEAD": try set(CURLOPT_NOBODY, 1)
        default: try set(CURLOPT_CUSTOMREQUEST, request.method)
        }
    }

    private func error(_ facts: Facts, limitBytes: Int) -> HTTPClientError {
        let text = String(cString: curl_easy_strerror(facts.code))
        switch facts.code {
        case CURLE_OPERATION_TIMEDOUT: return facts.hasConnected ? .timeout : .connectTimeout
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return .unresolved
        case CURLE_COULDNT_CONNECT: return facts.systemError == ECONNREFUSED ? .refused : .unreachable(text)
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE: return .reset
        case CURLE_FILESIZE_EXCEEDED: return .tooLarge(limitBytes: limitBytes)
        case CURLE_URL_MALFORMAT: return .invalidRequest(text)
        // The URL's scheme was looked at before: "unsupported protocol" here is an answer that is not HTTP/1.
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_HTTP2, CURLE_BAD_CONTENT_ENCODING:
            return .malformedAnswer(text)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED:
            return .tls(text)
        // libcurl's list is open: what has no name of ours is told in its own words.
        default: return .failed(text)
        }
    }

    // `Expect` would cost a round trip before a body; a content type is the caller's to give.
    private static func fieldLines(_ request: HTTPClientRequest) -> [String] {
        var lines = ["Expect:"]
        if !request.fields.contains(where: { $0.name.lowercased() == "content-type" }) { lines.append("Content-Type:") }
        // libcurl leaves a field without a value out unless its name ends with a semicolon.
        return lines + request.fields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
    }

    /// Gives `body` the bytes' address; never nil, which libcurl would take for "read it from a callback".
    private static func withBody<Value>(
        _ bytes: [UInt8], _ body: (UnsafeRawPointer, Int) throws(HTTPClientError) -> Value
    ) throws(HTTPClientError) -> Value {
        var padded = bytes
        if padded.isEmpty { padded = [0] }
        let result = padded.withUnsafeBytes { buffer in
            Result { () throws(HTTPClientError) in
                guard let base = buffer.baseAddress else { throw HTTPClientError.failed("an array without storage") }
                return try body(base, bytes.count)
            }
        }
        return try result.get()
    }

    /// Rounded up, so that a wait does not end just before its time and spin; bounded for C.
    private static func milliseconds(_ duration: Duration) -> Int32 {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds <= 1_000_000 else { return 1_000_000_000 }
        let attosecondsPerMillisecond: Int64 = 1_000_000_000_000_000
        return Int32(seconds * 1000 + (attoseconds + attosecondsPerMillisecond - 1) / attosecondsPerMillisecond)
    }

    private func long(_ info: CURLINFO) -> Int {
        var value = 0
        return idp_curl_get_long(easy, info, &value) == CURLE_OK ? value : 0
    }

    private func offset(_ info: CURLINFO) -> Int {
        var value: curl_off_t = 0
        return idp_curl_get_offset(easy, info, &value) == CURLE_OK ? Int(value) : 0
    }

    private func set(_ option: CURLoption, _ value: Int) throws(HTTPClientError) {
        try check(idp_curl_set_long(easy, option, value), "curl_easy_setopt \(option.rawValue)")
    }

    private func set(_ option: CURLoption, _ value: String) throws(HTTPClientError) {
        try check(idp_curl_set_string(easy, option, value), "curl_easy_setopt \(option.rawValue)")
    }

    private func check(_ code: CURLcode, _ call: String) throws(HTTPClientError) {
        guard code == CURLE_OK else { throw .failed("\(call): \(String(cString: curl_easy_strerror(code)))") }
    }
}

/// Wakes a transfer from another thread.
private struct MultiWaker: @unchecked Sendable {
    // Sendable: `curl_multi_wakeup` is the one call that libcurl allows from any thread; the pointer is valid until
    // `HTTPAbort.unregister`, which excludes a waking in progress.
    let multi: UnsafeMutableRawPointer

    func wake() {
        curl_multi_wakeup(multi)
    }
}

/// Gathers an answer while libcurl reads it. Touched by the performing thread only.
private final class AnswerCollector {
    /// What all fields of an answer may hold together.
    private static let fieldLimitBytes = 64 * 1024

    let limitBytes: Int
    private(set) var body: [UInt8] = []
    private(set) var fields: [(name: String, value: String)] = []
    private(set) var isTooLarge = false
    private var fieldBytes = 0

    init(limitBytes: Int) {
        self.limitBytes = limitBytes
    }

    /// Takes content; false ends the transfer.
    func take(body bytes: UnsafeRawBufferPointer) -> Bool {
        guard body.count + bytes.count <= limitBytes else {
            isTooLarge = true
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    /// Takes one line of the head; false ends the transfer.
    func take(line bytes: UnsafeRawBufferPointer) -> Bool {
        fieldBytes += bytes.count
        guard fieldBytes <= Self.fieldLimitBytes else {
            isTooLarge = true
            return false
        }
        let line = String(decoding: bytes, as: UTF8.self)
        // A new status line: what came before was an interim answer.
        if line.hasPrefix("HTTP/") { fields.removeAll() }
        guard let colon = line.firstIndex(of: ":"), !line.hasPrefix("HTTP/") else { return true }
        let value = line[line.index(after: colon)...]
        fields.append((String(line[..<colon]), value.trimmingWhitespace()))
        return true
    }
}

extension Substring {
    fileprivate func trimmingWhitespace() -> String {
        var rest = self
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}

// libcurl's CURLOPT_WRITEFUNCTION: called on the performing thread; any other count than was given ends the transfer.
private func writeCallback(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let answer = Unmanaged<AnswerCollector>.fromOpaque(context).takeUnretainedValue()
    return answer.take(body: UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

// libcurl's CURLOPT_HEADERFUNCTION: one whole line of the head per call, on the performing thread.
private func headerCallback(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let answer = Unmanaged<AnswerCollector>.fromOpaque(context).takeUnretainedValue()
    return answer.take(line: UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}
