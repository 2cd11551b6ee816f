internal import Foundation

/// The chain of directories of a TIFF, one per picture (TIFF 6.0, section 2). The decoder ends at the first one that it
/// cannot read and says nothing, which would drop pages without a word.
enum TIFFDirectories {
    /// How many there are, counted up to `limit`; nil when the chain is broken: it leads out of the file or back.
    static func count(in file: UnsafeRawBufferPointer, limit: Int) -> Int? {
        guard file.count >= 8 else { return nil }
        let isLittle = file[0] == 0x49
        func number(at offset: Int, bytes: Int) -> Int? {
            guard offset >= 0, offset <= file.count - bytes else { return nil }
            let field = file[offset..<(offset + bytes)]
            return isLittle
                ? field.reversed().reduce(0) { $0 << 8 | Int($1) } : field.reduce(0) { $0 << 8 | Int($1) }
        }
        var seen: Set<Int> = []
        var next = number(at: 4, bytes: 4)
        while let directory = next, directory != 0, seen.count < limit {
            guard seen.insert(directory).inserted, let entries = number(at: directory, bytes: 2) else { return nil }
            next = number(at: directory + 2 + entries * 12, bytes: 4)
        }
        return next == nil || seen.isEmpty ? nil : seen.count
    }
}
