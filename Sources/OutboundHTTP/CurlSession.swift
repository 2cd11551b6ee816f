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

    /// What a connection may be used again for.
    struct Key: Hashable {
        /// `scheme://host:port`.
        var origin: String
        /// Under which its address was permitted.
        var destination: DestinationPolicy
    }

    /// What its connections are good for.
    let key: Key
    private let multi: UnsafeMutableRawPointer
    private let easy: CurlEasy

    /// Nil if libcurl has no memory for it.
    init?(key: Key) {
        guard let multi = curl_multi_init() else { return nil }
        guard let easy = CurlEasy() else {
            curl_multi_cleanup(multi)
            return nil
        }
        self.key = key
        self.multi = multi
        self.easy = easy
        _ = idp_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 1)
    }

    deinit {
        easy.free()
        curl_multi_cleanup(multi)
    }

    /// Runs one request to its end on the calling thread.
    func perform(
        _ outgoing: OutgoingRequest, _ configuration: HTTPClient.Configuration, until end: ContinuousClock.Instant,
        abort: HTTPAbort?
    ) throws(HTTPClientError) -> HTTPClientResponse {
        easy.reset()
        let request = outgoing.request
        let transfer = try Transfer(outgoing)
        var list: UnsafeMutablePointer<curl_slist>?
        defer { curl_slist_free_all(list) }
        for line in Self.fieldLines(request) {
            // A failing append leaves the old list as it was, still to be freed.
            guard let longer = curl_slist_append(list, line) else { throw .failed("out of memory") }
            list = longer
        }
        let result = Result { () throws(HTTPClientError) in
            try easy.configure(request, configuration)
            try easy.set(CURLOPT_MAXFILESIZE_LARGE, size: Self.declaredSizeLimit(outgoing))
            try easy.set(CURLOPT_HTTPHEADER, list: list)
            try easy.attach(transfer, request)
            // The body is not copied: it stays where it is until the transfer has ended.
            return try Self.withBody(request.body ?? []) { pointer, count throws(HTTPClientError) in
                try easy.configureContent(request, pointer, count)
                return try self.run(until: end, request, abort)
            }
        }
        // After this no pointer of ours is left with libcurl.
        easy.reset()
        let facts = try result.get()
        if transfer.isTooLarge { throw .tooLarge(limitBytes: request.responseLimitBytes) }
        if let failure = transfer.localFailure { throw .localFailure(failure) }
        if transfer.isBlocked { throw .blocked }
        if facts.code != CURLE_OK { throw HTTPClientError(facts, limitBytes: request.responseLimitBytes) }
        return HTTPClientResponse(
            status: facts.status, fields: transfer.fields, body: transfer.body, usedPooledConnection: facts.isReused)
    }

    /// The `Content-Length` from which on an answer is refused before it comes; 0 is no limit. That of an answer to
    /// HEAD is the size of what is not sent.
    private static func declaredSizeLimit(_ outgoing: OutgoingRequest) -> Int {
        let limit = outgoing.request.responseLimitBytes
        if outgoing.request.method == "HEAD" { return 0 }
        return outgoing.receiver == nil ? limit : max(limit, Transfer.errorTextLimitBytes)
    }

    /// Adds the transfer to the multi handle and drives it until it ends, the time is up or somebody aborts it.
    private func run(
        until end: ContinuousClock.Instant, _ request: HTTPClientRequest, _ abort: HTTPAbort?
    ) throws(HTTPClientError) -> CurlEasy.Facts {
        guard curl_multi_add_handle(multi, easy.handle) == CURLM_OK else { throw .failed("curl_multi_add_handle") }
        defer { curl_multi_remove_handle(multi, easy.handle) }
        let waker = MultiWaker(multi: multi)
        abort?.register { waker.wake() }
        defer { abort?.unregister() }
        let connectEnd = min(end, ContinuousClock.now.advanced(by: request.connectTimeout))
        var pace = TransferPace(request.floor)
        while true {
            if let abort, abort.isAborted { throw .aborted }
            var running: Int32 = 0
            guard curl_multi_perform(multi, &running) == CURLM_OK else { throw .failed("curl_multi_perform") }
            var code = CURLE_OK
            if idp_curl_multi_result(multi, &code) != 0 { return CurlEasy.Facts(easy, code: code) }
            let now = ContinuousClock.now
            let facts = CurlEasy.Facts(easy, code: CURLE_OPERATION_TIMEDOUT)
            if now >= end || (!facts.hasConnected && now >= connectEnd) { return facts }
            let stall = facts.hasConnected ? pace.stallEnd(bytesMoved: easy.bytesMoved, now: now) : nil
            if let stall, now >= stall { return facts }
            let wait = now.duration(to: min(facts.hasConnected ? end : connectEnd, stall ?? end))
            guard curl_multi_poll(multi, nil, 0, wait.curlMilliseconds, nil) == CURLM_OK else {
                throw .failed("curl_multi_poll")
            }
        }
    }

    // `Expect` would cost a round trip before a body; a content type is the caller's to give. A signature is made over
    // the lines as they stand here, also over those that only take a field away (libcurl 7.88): it gets none of them.
    private static func fieldLines(_ request: HTTPClientRequest) -> [String] {
        if request.signature != nil { return request.fields.map { "\($0.name): \($0.value)" } }
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
}

extension CurlEasy {
    /// Sets what does not depend on the request's content.
    fileprivate func configure(
        _ request: HTTPClientRequest, _ configuration: HTTPClient.Configuration
    ) throws(HTTPClientError) {
        try set(CURLOPT_URL, request.url)
        // The path goes out as it was written: a signature is made over it.
        try set(CURLOPT_PATH_AS_IS, 1)
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
        // An empty proxy switches off the environment's. A proxy would connect on its own, past the guard.
        try set(CURLOPT_PROXY, request.destination.isGuarded ? "" : configuration.proxy ?? "")
        try set(CURLOPT_USERAGENT, configuration.userAgent)
        // The session's loop keeps the limits; libcurl's own are the second line, a little later.
        try set(CURLOPT_TIMEOUT_MS, Int(request.timeout.curlMilliseconds) + 1000)
        try set(CURLOPT_CONNECTTIMEOUT_MS, Int(request.connectTimeout.curlMilliseconds) + 1000)
        if let signature = request.signature {
            try set(CURLOPT_AWS_SIGV4, "aws:amz:\(signature.region):\(signature.service)")
            try set(CURLOPT_USERNAME, signature.accessKey)
            try set(CURLOPT_PASSWORD, signature.secretKey)
        }
    }

    /// Sets method and content.
    fileprivate func configureContent(
        _ request: HTTPClientRequest, _ pointer: UnsafeRawPointer, _ count: Int
    ) throws(HTTPClientError) {
        if let file = request.file {
            try set(CURLOPT_UPLOAD, 1)
            try set(CURLOPT_INFILESIZE_LARGE, size: file.count)
        } else if request.body != nil {
            try set(CURLOPT_POST, 1)
            try set(CURLOPT_POSTFIELDSIZE_LARGE, size: count)
            try set(CURLOPT_POSTFIELDS, pointer: pointer)
        }
        switch request.method {
        case "GET" where request.body == nil && request.file == nil: try set(CURLOPT_HTTPGET, 1)
        case "HEAD": try set(CURLOPT_NOBODY, 1)
        default: try set(CURLOPT_CUSTOMREQUEST, request.method)
        }
    }
}

/// Watches that a transfer moves. libcurl's own limit (CURLOPT_LOW_SPEED_TIME) averages over seconds that were good: a
/// connection that goes dead after a fast beginning is noticed twice as late.
private struct TransferPace {
    private let floor: HTTPClientRequest.Floor?
    private var mark: (bytes: Int, time: ContinuousClock.Instant)?

    init(_ floor: HTTPClientRequest.Floor?) {
        self.floor = floor
    }

    /// When the transfer has stalled unless more moves; nil without a floor.
    mutating func stallEnd(bytesMoved: Int, now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard let floor else { return nil }
        if let mark, bytesMoved - mark.bytes < floor.bytesPerSecond * floor.seconds {
            return mark.time.advanced(by: .seconds(floor.seconds))
        }
        mark = (bytesMoved, now)
        return now.advanced(by: .seconds(floor.seconds))
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

extension Duration {
    /// Rounded up, so that a wait does not end just before its time and spin; bounded for C.
    fileprivate var curlMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds <= 1_000_000 else { return 1_000_000_000 }
        let attosecondsPerMillisecond: Int64 = 1_000_000_000_000_000
        return Int32(seconds * 1000 + (attoseconds + attosecondsPerMillisecond - 1) / attosecondsPerMillisecond)
    }
}
