internal import Foundation

/// The pictures on a PDF's pages, as `pdfimages -list` prints them.
struct PDFPictures {
    /// One row of the list.
    struct Picture {
        /// Counted from 1.
        var page: Int
        /// `image`, `mask`, `smask` or `stencil`.
        var kind: String
        /// In pixels.
        var width: Int
        var height: Int
        var colour: String
        var encoding: String
        /// Pixels per inch across and down the displayed page.
        var resolutionX: Double
        var resolutionY: Double

        /// The share of the displayed page that it covers: above 1 when it is larger than the page.
        func coverage(of page: PageSize) -> Double {
            guard resolutionX > 0, resolutionY > 0, page.width > 0, page.height > 0 else { return 0 }
            let across = Double(width) * 72 / resolutionX
            let down = Double(height) * 72 / resolutionY
            return across * down / (page.width * page.height)
        }

        /// Whether its rows run down the displayed page instead of across: then its two resolutions are mixed up in the
        /// list (poppler divides the picture's width by what it covers across), unless it is a square.
        var liesOnItsSide: Bool? {
            guard resolutionX > 0, resolutionY > 0, width > 0, height > 0 else { return nil }
            let upright = abs(log(resolutionX / resolutionY))
            let across = Double(width) / resolutionX
            let down = Double(height) / resolutionY
            let sideways = abs(log(Double(width) / down / (Double(height) / across)))
            guard abs(upright - sideways) > 0.1 else { return nil }
            return sideways < upright
        }
    }

    var pictures: [Picture] = []

    init() {}

    /// Reads the tool's output; rows that are not as expected are skipped.
    init(list: Data) {
        for row in String(decoding: list, as: UTF8.self).split(separator: "\n").dropFirst(2) {
            // An inline picture has one column less in its middle, so the resolutions are counted from the end.
            let fields = row.split(separator: " ")
            guard fields.count >= 14, let page = Int(fields[0]), let width = Int(fields[3]),
                let height = Int(fields[4]), let resolutionX = Double(fields[fields.count - 4]),
                let resolutionY = Double(fields[fields.count - 3])
            else { continue }
            pictures.append(
                Picture(
                    page: page, kind: String(fields[2]), width: width, height: height, colour: String(fields[5]),
                    encoding: String(fields[8]), resolutionX: resolutionX, resolutionY: resolutionY))
        }
    }

    /// The pictures of one page.
    func on(page number: Int) -> [Picture] { pictures.filter { $0.page == number } }

    /// Whether a PDF can hold pictures at all: a picture is a stream, whose dictionary stands in the file in the clear
    /// (ISO 32000-1, 7.5.7: streams are never put into object streams), so `/Image` is there as a word of its own.
    /// Saves a run of the tool on files of text.
    static func mayOccur(in file: UnsafeRawBufferPointer) -> Bool {
        PDFWords.contains(file, "/Image") { next in
            next.first.map { !(Character(Unicode.Scalar($0)).isLetter || Character(Unicode.Scalar($0)).isNumber) }
                ?? false
        }
    }

}
