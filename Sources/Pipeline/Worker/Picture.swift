internal import CLinux
internal import CTesseract
internal import Foundation
internal import Observability

/// A Leptonica picture. Owns it: freed with the object, on whichever path it goes away; used on one thread.
final class Picture {
    /// Valid as long as the object lives: borrow it for a call, store it nowhere.
    let pix: UnsafeMutablePointer<Pix>

    /// Takes over a picture that a Leptonica call returned; nil when the call failed.
    init?(taking pix: UnsafeMutablePointer<Pix>?) {
        guard let pix else { return nil }
        self.pix = pix
    }

    deinit {
        var pix: UnsafeMutablePointer<Pix>? = pix
        pixDestroy(&pix)
    }

    var width: Int { Int(pixGetWidth(pix)) }
    var height: Int { Int(pixGetHeight(pix)) }

    /// Decodes a JPEG, PNG, TIFF or anymap; of a TIFF with several pictures the one with index `frame`.
    ///
    /// - Throws: `WorkerFailure` when it is damaged, or larger than `maxPixels`, which its header tells before anything
    ///   is decoded.
    convenience init(decoding data: Data, frame: Int = 0, maxPixels: Int) throws {
        let pix = try data.withUnsafeBytes { try Self.decode($0, frame: frame, maxPixels: maxPixels) }
        guard let pix else { throw WorkerFailure(.documentUnreadable, "The picture is damaged") }
        self.init(taking: pix)!  // Not nil: checked on the line above.
    }

    private static func decode(
        _ file: UnsafeRawBufferPointer, frame: Int, maxPixels: Int
    ) throws -> UnsafeMutablePointer<Pix>? {
        guard let header = PictureHeader(of: file, frame: frame) else {
            throw WorkerFailure(.documentUnreadable, "The picture is damaged", cause: "no header")
        }
        try header.check(against: maxPixels)
        let bytes = file.bindMemory(to: UInt8.self).baseAddress
        return header.isTIFF
            ? pixReadMemTiff(bytes, file.count, Int32(frame)) : pixReadMem(bytes, file.count)
    }

    /// A copy turned clockwise by 0, 90, 180 or 270 degrees.
    func turned(clockwise degrees: Int) -> Picture? {
        Picture(taking: pixRotateOrth(pix, Int32(degrees / 90 & 3)))
    }

    /// A copy mirrored left to right.
    func mirrored() -> Picture? { Picture(taking: pixFlipLR(nil, pix)) }
}

/// What a picture's header says, read without decoding it.
struct PictureHeader {
    var width: Int
    var height: Int
    var isTIFF: Bool

    /// Nil when the bytes are of no known format, or there is no picture with that index.
    init?(of file: UnsafeRawBufferPointer, frame: Int = 0) {
        let bytes = file.bindMemory(to: UInt8.self).baseAddress
        var (format, width, height, bits, samples, colormap) = (
            Int32(0), Int32(0), Int32(0), Int32(0), Int32(0), Int32(0)
        )
        isTIFF = DocumentFormat(magic: file.prefix(8)) == .tiff
        let failed =
            isTIFF
            ? readHeaderMemTiff(
                bytes, file.count, Int32(frame), &width, &height, &bits, &samples, nil, &colormap, &format)
            : pixReadHeaderMem(bytes, file.count, &format, &width, &height, &bits, &samples, &colormap)
        guard failed == 0, width > 0, height > 0 else { return nil }
        self.width = Int(width)
        self.height = Int(height)
    }

    /// Both sides fit 32 bits, so their product fits 64.
    private var pixels: Int { width * height }

    /// - Throws: `WorkerFailure` when there are more than `maxPixels`.
    func check(against maxPixels: Int) throws {
        guard pixels > maxPixels else { return }
        throw WorkerFailure(
            .documentUnreadable,
            "The picture has \(width) x \(height) pixels; at most \(maxPixels / 1_000_000) megapixels are read")
    }
}

extension DocumentFormat {
    /// By magic bytes; a file's name says nothing.
    init?(magic: some Collection<UInt8>) {
        let bytes = Array(magic.prefix(8))
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if bytes.starts(with: [0x49, 0x49, 0x2A, 0x00]) || bytes.starts(with: [0x4D, 0x4D, 0x00, 0x2A]) {
            self = .tiff
        } else if bytes.starts(with: Array("%PDF-".utf8)) {
            self = .pdf
        } else {
            return nil
        }
    }

    /// As `init(magic:)`, but a PDF's head may follow up to a kilobyte of something else, as readers accept it
    /// (ISO 32000-1, Annex H, note 13).
    init?(file: UnsafeRawBufferPointer) {
        if let format = DocumentFormat(magic: file.prefix(8)) {
            self = format
        } else if let start = file.baseAddress, memmem(start, min(file.count, 1024), "%PDF-", 5) != nil {
            self = .pdf
        } else {
            return nil
        }
    }
}
