internal import Foundation
internal import Observability

/// How a camera was held: Exif tag 0x0112 (Exif 2.32, 4.6.4 A), in a JPEG's APP1 segment or a PNG's eXIf chunk.
/// Leptonica does not look at it.
enum ExifOrientation: Int {
    case upright = 1
    case mirrored, upsideDown, upsideDownMirrored, leftMirrored, left, rightMirrored, right

    /// `upright` unless the file says otherwise in a way that can be read.
    init(of file: UnsafeRawBufferPointer, _ format: DocumentFormat) {
        let exif: Slice<UnsafeRawBufferPointer>?
        switch format {
        case .jpeg: exif = Self.segment(of: file)
        case .png: exif = Self.chunk(of: file)
        case .tiff, .pdf: exif = nil
        }
        self = exif.flatMap { Self.orientation(inTIFF: UnsafeRawBufferPointer(rebasing: $0)) } ?? .upright
    }

    /// The picture as it was seen.
    func applied(to picture: Picture) throws -> Picture {
        let result: Picture? =
            switch self {
            case .upright: picture
            case .mirrored: picture.mirrored()
            case .upsideDown: picture.turned(clockwise: 180)
            case .upsideDownMirrored: picture.mirrored()?.turned(clockwise: 180)
            case .leftMirrored: picture.mirrored()?.turned(clockwise: 270)
            case .left: picture.turned(clockwise: 90)
            case .rightMirrored: picture.mirrored()?.turned(clockwise: 90)
            case .right: picture.turned(clockwise: 270)
            }
        guard let result else {
            throw WorkerFailure(.ocrFailed, ErrorCode.ocrFailed.title, cause: "no memory to turn the picture")
        }
        return result
    }

    /// The TIFF structure of the first APP1 segment that starts with `Exif`.
    private static func segment(of file: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer>? {
        var at = 2
        while at + 4 <= file.count, file[at] == 0xFF {
            let marker = file[at + 1]
            // Fill bytes, and the start of the scan behind which no metadata comes.
            if marker == 0xFF {
                at += 1
                continue
            }
            if marker == 0xDA || marker == 0xD9 { return nil }
            let length = Int(file[at + 2]) << 8 | Int(file[at + 3])
            let end = at + 2 + length
            guard length >= 2, end <= file.count else { return nil }
            if marker == 0xE1, length >= 8, file[(at + 4)..<(at + 10)].elementsEqual(Array("Exif\0\0".utf8)) {
                return file[(at + 10)..<end]
            }
            at = end
        }
        return nil
    }

    /// The eXIf chunk of a PNG (PNG 3rd edition, 11.3.4.2).
    private static func chunk(of file: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer>? {
        var at = 8
        while at + 12 <= file.count {
            let length = file[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) }
            guard length <= file.count - at - 12 else { return nil }
            if file[(at + 4)..<(at + 8)].elementsEqual(Array("eXIf".utf8)) { return file[(at + 8)..<(at + 8 + length)] }
            at += 12 + length
        }
        return nil
    }

    /// The orientation entry of the first directory (TIFF 6.0, section 2).
    private static func orientation(inTIFF tiff: UnsafeRawBufferPointer) -> ExifOrientation? {
        guard tiff.count >= 8 else { return nil }
        let isLittle = tiff[0] == 0x49
        func number(at offset: Int, count: Int) -> Int? {
            guard offset >= 0, offset <= tiff.count - count else { return nil }
            let bytes = tiff[offset..<(offset + count)]
            return isLittle
                ? bytes.reversed().reduce(0) { $0 << 8 | Int($1) } : bytes.reduce(0) { $0 << 8 | Int($1) }
        }
        guard let directory = number(at: 4, count: 4), let entries = number(at: directory, count: 2) else { return nil }
        for entry in 0..<entries {
            let at = directory + 2 + entry * 12
            guard let tag = number(at: at, count: 2) else { return nil }
            if tag == 0x0112 { return number(at: at + 8, count: 2).flatMap(ExifOrientation.init) }
        }
        return nil
    }
}
