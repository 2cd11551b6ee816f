internal import CTesseract
internal import Foundation
internal import Observability

/// Makes the picture of a page for people: in its colours, as straight and upright as it was read, of bounded size.
enum PagePainter {
    /// Longest side of a picture in pixels: A4 at 136 dpi, where small print can be read.
    static let longestSide = 1600.0
    /// Of JPEG, 0 to 100: print stays crisp.
    private static let quality: Int32 = 80

    /// - Throws: `WorkerFailure` when there is no memory for it.
    static func jpeg(of picture: Picture, _ sheet: PageSheet) throws -> Data {
        guard let straight = sheet.isRead ? PicturePreparation.straightened(picture) : picture,
            let upright = straight.turned(clockwise: sheet.turn), let bounded = bounded(upright),
            let bytes = encoded(bounded)
        else {
            throw WorkerFailure(
                .internalProcessingError, ErrorCode.internalProcessingError.title,
                cause: "no memory to make a page's picture")
        }
        return bytes
    }

    private static func bounded(_ picture: Picture) -> Picture? {
        let side = Double(max(picture.width, picture.height))
        guard side > longestSide else { return picture }
        let factor = Float(longestSide / side)
        return Picture(taking: pixScale(picture.pix, factor, factor))
    }

    private static func encoded(_ picture: Picture) -> Data? {
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        let failed = pixWriteMemJpeg(&bytes, &count, picture.pix, quality, 0)
        // Leptonica's memory is malloc's and becomes ours.
        defer { free(bytes) }
        guard failed == 0, let bytes else { return nil }
        return Data(bytes: bytes, count: count)
    }
}
