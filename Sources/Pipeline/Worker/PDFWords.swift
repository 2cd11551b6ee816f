internal import CLinux
internal import Foundation

/// Looks for words of PDF's syntax in a file's bytes, to save runs of tools that would find nothing. Never decides what
/// a document says.
enum PDFWords {
    /// Whether a page says in the clear that it is displayed turned: `/Rotate` with anything but `0`.
    static func sayTurned(in file: UnsafeRawBufferPointer) -> Bool {
        contains(file, "/Rotate") { next in
            let value = next.drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
            // A zero that ends there; a second number would make it a reference.
            guard value.first == 0x30, let after = value.dropFirst().first else { return true }
            let isReference = after == 0x20 && value.dropFirst(2).first.map { (0x30...0x39).contains($0) } ?? false
            return isReference || (0x30...0x39).contains(after)
        }
    }

    /// Whether a picture may be wide enough to be a scan of a page: `/Width` with a large number, or one that stands
    /// elsewhere.
    static func sayWidePicture(in file: UnsafeRawBufferPointer) -> Bool {
        contains(file, "/Width") { next in
            // "/Widths" is a font's.
            if next.first == UInt8(ascii: "s") { return false }
            let value = next.drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
            let digits = value.prefix { (0x30...0x39).contains($0) }
            let number = digits.reduce(0) { min($0 * 10 + Int($1 - 0x30), 1 << 30) }
            let after = value.dropFirst(digits.count)
            let isReference = after.first == 0x20 && after.dropFirst().first.map { (0x30...0x39).contains($0) } ?? true
            return number >= scanWidth || digits.isEmpty || isReference
        }
    }

    /// A page of A4 at 72 dots per inch, which nobody can read, is wider.
    private static let scanWidth = 500

    /// Whether page dictionaries may be hidden from a search: in object streams (ISO 32000-1, 7.5.7).
    static func mayBeHidden(in file: UnsafeRawBufferPointer) -> Bool { contains(file, "/ObjStm") { _ in true } }

    /// Whether `word` occurs, followed by bytes that fit.
    static func contains(
        _ file: UnsafeRawBufferPointer, _ word: String, followedBy fits: (Slice<UnsafeRawBufferPointer>) -> Bool
    ) -> Bool {
        guard let base = file.baseAddress else { return false }
        var at = 0
        while let hit = memmem(base + at, file.count - at, word, word.utf8.count) {
            at = base.distance(to: UnsafeRawPointer(hit)) + word.utf8.count
            if fits(file[at..<min(at + 24, file.count)]) { return true }
        }
        return false
    }
}
