internal import CTesseract

/// Whether a page shows much that its text layer does not say: a page drawn with curves under a thin line of text (a
/// signature's, a stamp's «КОПИЯ ВЕРНА», a header or footer). Only drawing the page tells.
enum DrawnPage {
    /// Dots per inch at which a page is drawn to be looked at: enough to tell print from paper.
    static let dpi = 60

    /// Whether a page of text is worth the look: where its text is little, or leaves the part of the page empty where
    /// papers have theirs. Costs nothing on all other pages.
    static func isSuspect(_ page: TextLayer.Page) -> Bool {
        let words = page.words
        let letters = words.reduce(0) { $0 + $1.text.count { $0.isLetter } }
        if letters < fewLetters { return true }
        let edges = words.map { (top: $0.box.y, bottom: $0.box.y + $0.box.height) }.sorted { $0.top < $1.top }
        guard let first = edges.first else { return true }
        if first.top > page.size.height * lateStart { return true }
        // What is behind the last line may be empty paper; a hole between two lines is not usual.
        var reached = first.bottom
        for edge in edges {
            if edge.top - reached > page.size.height * wideGap { return true }
            reached = max(reached, edge.bottom)
        }
        return reached < page.size.height * earlyEnd
    }

    /// Whether print that no word covers is more than a third of what the words cover.
    ///
    /// - Parameters:
    ///   - picture: the page, drawn in grey.
    ///   - page: its text layer, in points from the top left as displayed.
    static func showsMore(_ picture: Picture, than page: TextLayer.Page) -> Bool {
        guard page.size.width > 0, let dark = Picture(taking: pixThresholdToBinary(picture.pix, 150)) else {
            return false
        }
        let scale = Double(picture.width) / page.size.width
        // Lines of tables and forms say nothing.
        let rule = Int32(36 * scale)
        for (width, height) in [(rule, Int32(1)), (1, rule)] {
            guard let rules = Picture(taking: pixOpenBrick(nil, dark.pix, width, height)) else { return false }
            pixSubtract(dark.pix, dark.pix, rules.pix)
        }
        let all = count(dark)
        for word in page.words {
            let box = word.box
            var rectangle = boxCreate(
                Int32(box.x * scale) - 1, Int32(box.y * scale) - 1, Int32(box.width * scale) + 3,
                Int32(box.height * scale) + 3)
            if let rectangle { pixClearInRect(dark.pix, rectangle) }
            boxDestroy(&rectangle)
        }
        let rest = count(dark)
        // A few square centimetres of print, so that a line under a signature is no reason.
        return rest > leastInk && rest * 3 > all - rest
    }

    private static func count(_ picture: Picture) -> Int {
        var count: Int32 = 0
        pixCountPixels(picture.pix, &count, nil)
        return Int(count)
    }

    /// Letters: a short paper has some more.
    private static let fewLetters = 160
    /// Shares of the page's height.
    private static let lateStart = 0.5
    private static let wideGap = 0.35
    private static let earlyEnd = 0.12
    /// Dark pixels at `dpi`: about twenty letters of the usual size.
    private static let leastInk = 150
}
