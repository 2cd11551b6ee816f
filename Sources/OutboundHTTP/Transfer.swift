internal import CCurl
private import Glibc

/// A request with what is known and needed to send it once.
struct OutgoingRequest {
    var request: HTTPClientRequest
    var target: RequestTarget
    var receiver: HTTPContentReceiver?
}

/// What libcurl's callbacks of one transfer work on. Touched by the performing thread only.
final class Transfer {
    /// What all fields of an answer may hold together.
    private static let fieldLimitBytes = 64 * 1024
    /// What is read of an error's text where a receiver takes the content.
    static let errorTextLimitBytes = 64 * 1024

    private let outgoing: OutgoingRequest
    private(set) var body: [UInt8] = []
    private(set) var fields: [(name: String, value: String)] = []
    private(set) var isTooLarge = false
    /// Whether addresses were refused, and all of them.
    var isBlocked: Bool { refusals > 0 && permissions == 0 }
    /// What failed on this side.
    private(set) var localFailure: String?
    private var refusals = 0
    private var permissions = 0
    private var fieldBytes = 0
    private var status = 0
    private var received = 0
    private var file: Int32 = -1
    private var sent = 0

    /// - Throws: `localFailure` when the file part cannot be opened.
    init(_ outgoing: OutgoingRequest) throws(HTTPClientError) {
        self.outgoing = outgoing
        if let part = outgoing.request.file {
            file = open(part.path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { throw .localFailure("open: \(String(cString: strerror(errno)))") }
        }
    }

    deinit {
        if file >= 0 { close(file) }
    }

    /// Takes content; false ends the transfer.
    func take(content bytes: UnsafeRawBufferPointer) -> Bool {
        received += bytes.count
        let isError = outgoing.receiver != nil && !(200..<300).contains(status)
        let limit = outgoing.request.responseLimitBytes
        guard received <= (isError ? max(limit, Self.errorTextLimitBytes) : limit) else {
            isTooLarge = true
            return false
        }
        guard let receiver = outgoing.receiver, !isError else {
            body.append(contentsOf: bytes)
            return true
        }
        do {
            try receiver(bytes)
            return true
        } catch {
            localFailure = String(describing: error)
            return false
        }
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
        if line.hasPrefix("HTTP/") {
            fields.removeAll()
            status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            return true
        }
        guard let colon = line.firstIndex(of: ":") else { return true }
        fields.append((String(line[..<colon]), line[line.index(after: colon)...].trimmingWhitespace()))
        return true
    }

    /// Gives the next content of the file part; nil ends the transfer.
    func give(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        guard let part = outgoing.request.file else { return nil }
        let wanted = min(buffer.count, part.count - sent)
        guard wanted > 0 else { return 0 }
        while true {
            let count = pread(file, buffer.baseAddress, wanted, off_t(part.offset + sent))
            if count > 0 {
                sent += count
                return count
            }
            if count < 0, errno == EINTR { continue }
            localFailure = count == 0 ? "the file is too short" : "read: \(String(cString: strerror(errno)))"
            return nil
        }
    }

    /// Goes to a place in the file part: libcurl sends anew what a connection that had gone did not take.
    func seek(to place: Int) -> Bool {
        guard let part = outgoing.request.file, (0...part.count).contains(place) else { return false }
        sent = place
        return true
    }

    /// Opens a socket for an address, or refuses it.
    func openSocket(_ address: UnsafePointer<curl_sockaddr>) -> curl_socket_t {
        var count = 0
        let bytes = UnsafeBufferPointer(start: idp_curl_address_bytes(address, &count), count: count)
        guard let known = IPAddress(bytes: bytes), outgoing.request.destination.permits(known, of: outgoing.target)
        else {
            refusals += 1
            return CURL_SOCKET_BAD
        }
        permissions += 1
        let entry = address.pointee
        return socket(entry.family, entry.socktype | Int32(SOCK_CLOEXEC.rawValue), entry.`protocol`)
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

extension CurlEasy {
    /// Hands the transfer to libcurl's callbacks. Unretained: it must live until `reset`, which makes libcurl forget
    /// it.
    func attach(_ transfer: Transfer, _ request: HTTPClientRequest) throws(HTTPClientError) {
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        try set(CURLOPT_WRITEDATA, pointer: context)
        try set(CURLOPT_HEADERDATA, pointer: context)
        try check(
            idp_curl_set_write_callback(handle, CURLOPT_WRITEFUNCTION, writeCallback), CURLOPT_WRITEFUNCTION)
        try check(
            idp_curl_set_write_callback(handle, CURLOPT_HEADERFUNCTION, headerCallback), CURLOPT_HEADERFUNCTION)
        if request.file != nil {
            try set(CURLOPT_READDATA, pointer: context)
            try set(CURLOPT_SEEKDATA, pointer: context)
            try check(idp_curl_set_read_callback(handle, readCallback), CURLOPT_READFUNCTION)
            try check(idp_curl_set_seek_callback(handle, seekCallback), CURLOPT_SEEKFUNCTION)
        }
        if request.destination.isGuarded {
            try set(CURLOPT_OPENSOCKETDATA, pointer: context)
            try check(idp_curl_set_open_socket_callback(handle, openSocketCallback), CURLOPT_OPENSOCKETFUNCTION)
        }
    }
}

// The callbacks run on the performing thread; `context` is what `attach` gave.
private func transfer(_ context: UnsafeMutableRawPointer) -> Transfer {
    Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
}

// libcurl's CURLOPT_WRITEFUNCTION; any other count than was given ends the transfer.
private func writeCallback(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let content = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return transfer(context).take(content: content) ? size * count : 0
}

// libcurl's CURLOPT_HEADERFUNCTION: one whole line of the head per call.
private func headerCallback(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return transfer(context).take(line: line) ? size * count : 0
}

// libcurl's CURLOPT_READFUNCTION.
private func readCallback(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return Int(CURL_READFUNC_ABORT) }
    let buffer = UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
    return transfer(context).give(into: buffer) ?? Int(CURL_READFUNC_ABORT)
}

// libcurl's CURLOPT_SEEKFUNCTION; it asks for places from the beginning only.
private func seekCallback(_ context: UnsafeMutableRawPointer?, _ place: curl_off_t, _ origin: Int32) -> Int32 {
    guard let context, origin == SEEK_SET, transfer(context).seek(to: Int(place)) else { return CURL_SEEKFUNC_FAIL }
    return CURL_SEEKFUNC_OK
}

// libcurl's CURLOPT_OPENSOCKETFUNCTION: the last moment before a connection, with the address that it will have.
private func openSocketCallback(
    _ context: UnsafeMutableRawPointer?, _ purpose: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let context, let address else { return CURL_SOCKET_BAD }
    return transfer(context).openSocket(address)
}
