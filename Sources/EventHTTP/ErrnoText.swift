internal import Glibc

/// What an `errno` means, in the C library's words.
func describe(errno code: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
        guard let start = buffer.baseAddress, strerror_r(code, start, buffer.count) == 0 else {
            return "errno \(code)"
        }
        return "\(String(cString: start)) (errno \(code))"
    }
}
