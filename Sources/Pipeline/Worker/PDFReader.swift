internal import Foundation
internal import Observability

/// Reads a PDF with poppler's tools: its text layer in one run for the whole document, more only where a page's text
/// does not do.
struct PDFReader {
    var tool: ToolRun
    var configuration: WorkerConfiguration
    /// The document's bytes.
    var file: UnsafeRawBufferPointer
    /// One that waits for a document, if there is one.
    var waiting: WaitingTextReader?

    /// Resolution for drawn pages: more gains nothing after the background is evened out (measured on scans).
    private static let drawingDPI = 200.0
    /// Longest side of a drawn page, in pixels: A3 at 200 dpi.
    private static let longestSide = 3308.0
    /// Shortest longest side, for pages whose size says nothing about their print (a photo at 300 pixels an inch).
    private static let shortestSide = 1654.0

    /// Page by page the sound text, or where the page's picture is.
    func inspect(maxPages: Int) throws -> DocumentOutline {
        // One page more than allowed tells whether there are too many, without reading the rest.
        let run = try waiting?.read(file, maxPages: maxPages, tool)
            ?? tool("pdftotext", WaitingTextReader.arguments(maxPages: maxPages, document: ToolRun.documentPath))
        try check(run, orThrow: "the PDF is damaged")
        let layer = TextLayer(tsv: run.output)
        guard layer.pages.count <= maxPages else {
            throw WorkerFailure(.tooManyPages, "The document has more than \(maxPages) pages")
        }
        guard !layer.pages.isEmpty else { throw unreadable("the PDF has no pages") }
        let pictures = try pictures(beside: layer)
        let turns = try turns(pages: layer.pages.count, forPictures: !pictures.pictures.isEmpty)
        let pages = try layer.pages.enumerated().map { index, page -> DocumentOutline.Page in
            let number = index + 1
            let found = pictures.on(page: number)
            let page = page.displayed(turnedBy: turns?[number])
            if TextSoundness.isSound(page.words, among: surroundings(of: found, on: page.size)),
                try !showsMore(number, than: page)
            {
                return .text(text(of: page, number: number))
            }
            return .picture(plan(for: page, found, turn: turns?[number]))
        }
        return DocumentOutline(format: .pdf, pages: pages)
    }

    /// The page's picture; a drawn one in grey unless `isColoured`.
    func picture(page: Int, _ plan: PicturePlan, isColoured: Bool = false) throws -> Picture {
        switch plan {
        case .lifted(let encoding, let turn, let size):
            if let lifted = try lift(page: page, encoding)?.turned(clockwise: turn) { return lifted }
            return try draw(page: page, size, isColoured)
        case .drawn(let size):
            return try draw(page: page, size, isColoured)
        case .frame:
            throw WorkerFailure(
                .internalProcessingError, ErrorCode.internalProcessingError.title, cause: "frame of a PDF")
        }
    }

    private func text(of page: TextLayer.Page, number: Int) -> PageText {
        let upright = LineAssembler.assemble(page.pieces, width: page.size.width, height: page.size.height)
        var text = PageText(
            number: number, width: upright.width, height: upright.height, source: .textLayer, confidence: 1,
            lines: upright.lines)
        text.sheet = PageSheet(
            width: upright.width, height: upright.height, plan: .drawn(page: page.size), isRead: false,
            turn: upright.turn)
        return text
    }

    /// Whether the page shows much that its text layer does not say. It is drawn, small, only where that may be.
    private func showsMore(_ number: Int, than page: TextLayer.Page) throws -> Bool {
        guard DrawnPage.isSuspect(page) else { return false }
        let longest = max(page.size.width, page.size.height) / 72 * Double(DrawnPage.dpi)
        // Of a page of unusual size the text is believed: it would be drawn too large.
        guard longest.isFinite, longest < Self.longestSide else { return false }
        let name = String(number)
        let run = try tool(
            "pdftoppm", ["-gray", "-r", String(DrawnPage.dpi), "-f", name, "-l", name, ToolRun.documentPath])
        guard run.succeeded, let picture = try? Picture(decoding: run.output, maxPixels: configuration.maxPixels)
        else { return false }
        return DrawnPage.showsMore(picture, than: page)
    }

    private func surroundings(
        of pictures: [PDFPictures.Picture], on page: PageSize
    ) -> TextSoundness.Surroundings {
        if pictures.isEmpty { return .noPicture }
        // Strips and tiles of one scan add up.
        return pictures.reduce(0) { $0 + $1.coverage(of: page) } >= 0.7 ? .coveringPicture : .pictures
    }

    /// Lifts the picture out where it is alone on its page, covers it, and the way it is turned is known.
    private func plan(for page: TextLayer.Page, _ pictures: [PDFPictures.Picture], turn: Int?) -> PicturePlan {
        guard page.words.isEmpty, pictures.count == 1, let picture = pictures.first, picture.kind == "image",
            (0.8...1.25).contains(picture.coverage(of: page.size)), let turn,
            picture.width * picture.height <= configuration.maxPixels,
            picture.liesOnItsSide.map({ $0 == (turn % 180 != 0) }) ?? false
        else { return .drawn(page: page.size) }
        let isPlainJPEG = picture.encoding == "jpeg" && ["gray", "rgb", "icc"].contains(picture.colour)
        return .lifted(encoding: isPlainJPEG ? .jpeg : .decoded, turn: turn, page: page.size)
    }

    /// The pictures, as far as they matter: small ones beside sound text on every page do not.
    private func pictures(beside layer: TextLayer) throws -> PDFPictures {
        guard PDFPictures.mayOccur(in: file) else { return PDFPictures() }
        if !PDFWords.sayWidePicture(in: file),
            layer.pages.allSatisfy({ TextSoundness.isSound($0.words, among: .pictures) })
        {
            return PDFPictures()
        }
        let run = try tool("pdfimages", ["-list", "-l", String(layer.pages.count), ToolRun.documentPath])
        try check(run, orThrow: "the PDF's pictures cannot be listed")
        return PDFPictures(list: run.output)
    }

    /// Clockwise turns by page (/Rotate); nil where it was not worth finding out: pages of text that say nothing of it
    /// in the clear, whose words show it if need be.
    private func turns(pages: Int, forPictures: Bool) throws -> [Int: Int]? {
        if !PDFWords.sayTurned(in: file) {
            guard PDFWords.mayBeHidden(in: file) else {
                return Dictionary(uniqueKeysWithValues: (1...pages).map { ($0, 0) })
            }
            guard forPictures else { return nil }
        }
        let run = try tool("pdfinfo", ["-f", "1", "-l", String(pages), ToolRun.documentPath])
        try check(run, orThrow: "the PDF is damaged")
        var turns: [Int: Int] = [:]
        for row in String(decoding: run.output, as: UTF8.self).split(separator: "\n") {
            // "Page    1 rot:   90"
            let fields = row.split(separator: " ")
            if fields.count == 4, fields[0] == "Page", fields[2] == "rot:", let page = Int(fields[1]),
                let turn = Int(fields[3]), turn % 90 == 0
            {
                turns[page] = ((turn % 360) + 360) % 360
            }
        }
        return turns
    }

    /// Nil when the tool wrote nothing that is a picture.
    private func lift(page: Int, _ encoding: PictureEncoding) throws -> Picture? {
        var arguments = ["-f", String(page), "-l", String(page)]
        if encoding == .jpeg { arguments.append("-j") }
        // The tool writes to files only; these names are links to its standard output (`ScratchFolder`).
        arguments += [ToolRun.documentPath, configuration.scratchFolder + "/" + ScratchFolder.pictureRoot]
        let run = try tool("pdfimages", arguments)
        guard run.succeeded else { return nil }
        return try? Picture(decoding: run.output, maxPixels: configuration.maxPixels)
    }

    private func draw(page: Int, _ size: PageSize, _ isColoured: Bool) throws -> Picture {
        let number = String(page)
        var arguments = (isColoured ? [] : ["-gray"]) + ["-f", number, "-l", number]
        let longest = max(size.width, size.height) / 72 * Self.drawingDPI
        let fits = longest.isFinite && (Self.shortestSide...Self.longestSide).contains(longest)
        if fits {
            arguments += ["-r", String(Int(Self.drawingDPI))]
        } else {
            let bound = longest.isFinite && longest > Self.longestSide ? Self.longestSide : Self.shortestSide
            arguments += ["-scale-to", String(Int(bound))]
        }
        let run = try tool("pdftoppm", arguments + [ToolRun.documentPath])
        try check(run, orThrow: "page \(page) cannot be drawn")
        return try Picture(decoding: run.output, maxPixels: configuration.maxPixels)
    }

    private func check(_ run: ToolRun.Outcome, orThrow what: String) throws {
        if run.succeeded { return }
        if run.messages.contains("Incorrect password") || run.messages.contains("password-protected") {
            throw WorkerFailure(.documentEncrypted, "The document is encrypted: send it without a password")
        }
        if run.overflowed { throw unreadable("the PDF holds too much text or too large a picture") }
        if run.ranOutOfTime { throw unreadable("the PDF is too complex") }
        throw unreadable(what, cause: "exit \(run.code), signal \(run.signal): \(run.messages.prefix(200))")
    }

    private func unreadable(_ what: String, cause: String? = nil) -> WorkerFailure {
        WorkerFailure(.documentUnreadable, "The document cannot be read: \(what)", cause: cause)
    }
}
