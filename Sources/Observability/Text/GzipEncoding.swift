internal import CZlib

/// The `gzip` content coding (RFC 9110 §8.4.1.3), for bodies that are made whole.
public enum GzipEncoding {
    /// `bytes` as a gzip file; nil if that cannot be made, in which case they are sent as they are. Level 1: text of
    /// metrics shrinks to a tenth with it, and more effort costs more than the bytes do. Any thread; takes time in
    /// proportion to the size.
    public static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        bytes.withUnsafeBytes { compress($0) }
    }

    /// The same of bytes that stay where they are during the call.
    public static func compress(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        var stream = z_stream()
        guard idp_gzip_begin(&stream, 1) == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        guard bytes.count <= Int(UInt32.max) else { return nil }
        let bound = Int(deflateBound(&stream, UInt(bytes.count)))
        let packed = [UInt8](unsafeUninitializedCapacity: bound) { output, count in
            // zlib reads from this pointer and does not write to it; its C type lacks the const.
            stream.next_in = UnsafeMutablePointer(mutating: bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
            stream.avail_in = UInt32(bytes.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(bound)
            // The bound leaves room for all of it in one call.
            count = deflate(&stream, Z_FINISH) == Z_STREAM_END ? bound - Int(stream.avail_out) : 0
        }
        return packed.isEmpty ? nil : packed
    }

    /// Whether the value of an `Accept-Encoding` field takes gzip (RFC 9110 §12.5.3): named, or by `*`, with a weight
    /// above zero.
    public static func isAccepted(by value: String?) -> Bool {
        guard let value else { return false }
        var wildcard = false
        for item in value.lowercased().split(separator: ",") {
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard let coding = parts.first else { continue }
            let isWanted = !parts.dropFirst().contains { $0.hasPrefix("q=") && Double($0.dropFirst(2)) == 0 }
            if coding == "gzip" || coding == "x-gzip" { return isWanted }
            if coding == "*" { wildcard = isWanted }
        }
        return wildcard
    }
}
