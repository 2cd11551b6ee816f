internal import CTesseract

/// Print that a first pass has left unread: what is dark on a page and covered by none of its words.
///
/// The engine's layout analysis takes lines that touch a stamp, a signature or a table's border for a part of a picture
/// and drops them whole. Read again as blocks of text, they come out: the last lines of a commission's conclusion, a
/// number and date line beside a seal.
enum LeftoverInk {
    /// More places than this are noise, not lines that were passed over.
    private static let mostPlaces = 8
    /// Share of a place that ink covers at least: specks spread over a margin cover less.
    private static let leastInk = 0.03

    /// Looked for at half the size: a quarter of the work, and a page that has nothing left costs a hundredth of its
    /// reading.
    private static let scale = 2.0

    /// Places worth reading again, the largest first; `inkLevel` parts ink from paper (0 black to 255 white).
    static func places(on picture: Picture, inkLevel: Int, besides words: [Word]) -> [Box] {
        let heights = words.map(\.box.height).sorted()
        guard !heights.isEmpty else { return [] }
        // The usual height of a word is the unit of everything below; print that is readable has some size.
        let unit = Int32(heights[heights.count / 2] / scale)
        guard unit >= 4, let dark = Picture(taking: pixThresholdToBinary(picture.pix, Int32(inkLevel))),
            let ink = Picture(taking: pixReduceRankBinary2(dark.pix, 1, nil))
        else { return [] }
        words.forEach { clear($0.box.scaled(by: 1 / scale), on: ink) }
        guard let print = withoutRulesAndSpecks(ink, unit),
            let joined = Picture(taking: pixCloseBrick(nil, print.pix, unit * 3 / 2 | 1, unit / 2 | 1))
        else { return [] }
        var boxes = pixConnCompBB(joined.pix, 8)
        defer { boxaDestroy(&boxes) }
        var places: [Box] = []
        for index in 0..<boxaGetCount(boxes) {
            var (x, y, width, height) = (Int32(0), Int32(0), Int32(0), Int32(0))
            boxaGetBoxGeometry(boxes, index, &x, &y, &width, &height)
            guard width >= 3 * unit, height >= unit * 2 / 3 else { continue }
            let place = Box(x: Double(x), y: Double(y), width: Double(width), height: Double(height))
            if share(ofInk: print, at: place) >= leastInk { places.append(place.scaled(by: scale)) }
        }
        let largest = places.sorted { $0.width * $0.height > $1.width * $1.height }.prefix(mostPlaces)
        return largest.map { grown($0, by: Double(unit) * scale, within: picture) }
    }

    /// A place and the words that stand beside it, for a line is read better whole than from the middle of a word on.
    static func wholeRows(at place: Box, of lines: [[Word]]) -> Box {
        lines.joined().filter { word in
            word.box.middleY > place.y && word.box.middleY < place.y + place.height
        }.reduce(place) { $0.union($1.box) }
    }

    /// The lines with one read a second time: in place of the words that it covers where it says more, else only with
    /// its words that stand where there were none.
    static func taking(_ line: [Word], into lines: [[Word]], surerThan floor: Double) -> [[Word]] {
        let sure = line.filter { $0.confidence >= floor }
        guard !sure.isEmpty else { return lines }
        let covered = lines.joined().filter { word in sure.contains { $0.box.coversQuarter(of: word.box) } }
        let replaced = covered.reduce(0) { $0 + $1.weight }
        guard !covered.isEmpty, sure.reduce(0, { $0 + $1.weight }) > replaced * 1.1 else {
            return lines + unread([line], besides: Array(lines.joined()), surerThan: floor)
        }
        return lines.map { $0.filter { !covered.contains($0) } }.filter { !$0.isEmpty } + [sure]
    }

    /// The words of a second reading that stand where the first has none.
    static func unread(_ lines: [[Word]], besides words: [Word], surerThan floor: Double) -> [[Word]] {
        lines.compactMap { line in
            let new = line.filter { word in
                word.confidence >= floor && !words.contains { $0.box.coversQuarter(of: word.box) }
            }
            return new.isEmpty ? nil : new
        }
    }

    /// Without the lines of tables and forms, and without dust.
    private static func withoutRulesAndSpecks(_ ink: Picture, _ unit: Int32) -> Picture? {
        for (width, height) in [(3 * unit, 1), (1, 3 * unit)] {
            guard let rules = Picture(taking: pixOpenBrick(nil, ink.pix, width, height)) else { return nil }
            pixSubtract(ink.pix, ink.pix, rules.pix)
        }
        return Picture(
            taking: pixSelectBySize(
                ink.pix, unit / 6, unit / 3, 8, Int32(L_SELECT_IF_EITHER), Int32(L_SELECT_IF_GTE), nil))
    }

    private static func clear(_ box: Box, on picture: Picture) {
        // A little more than the word, for what its box cuts off.
        withRectangle(box, margin: 2) { _ = pixClearInRect(picture.pix, $0) }
    }

    private static func share(ofInk picture: Picture, at place: Box) -> Double {
        var count: Int32 = 0
        withRectangle(place, margin: 0) { rectangle in
            guard let part = Picture(taking: pixClipRectangle(picture.pix, rectangle, nil)) else { return }
            pixCountPixels(part.pix, &count, nil)
        }
        return Double(count) / (place.width * place.height)
    }

    /// Leptonica's rectangle, for one call.
    private static func withRectangle(
        _ box: Box, margin: Int32, _ body: (UnsafeMutablePointer<CTesseract.Box>) -> Void
    ) {
        var rectangle = boxCreate(
            Int32(box.x) - margin, Int32(box.y) - margin, Int32(box.width) + 2 * margin, Int32(box.height) + 2 * margin)
        if let rectangle { body(rectangle) }
        boxDestroy(&rectangle)
    }

    /// With the white around it that the engine wants to see: the whole unit at the sides, half of it above and below.
    private static func grown(_ place: Box, by unit: Double, within picture: Picture) -> Box {
        let left = max(place.x - unit, 0)
        let top = max(place.y - unit / 2, 0)
        let right = min(place.x + place.width + unit, Double(picture.width))
        let bottom = min(place.y + place.height + unit / 2, Double(picture.height))
        return Box(x: left, y: top, width: right - left, height: bottom - top)
    }
}

extension Word {
    /// How much it says how surely: letters, each as much as the word is certain beyond a guess.
    var weight: Double { Double(text.count) * max(confidence - 0.5, 0) }
}

extension Box {
    fileprivate func scaled(by factor: Double) -> Box {
        Box(x: x * factor, y: y * factor, width: width * factor, height: height * factor)
    }

    /// Whether a quarter of the smaller of the two lies in the other.
    fileprivate func coversQuarter(of other: Box) -> Bool {
        let across = min(x + width, other.x + other.width) - max(x, other.x)
        let down = min(y + height, other.y + other.height) - max(y, other.y)
        guard across > 0, down > 0 else { return false }
        return across * down * 4 > min(width * height, other.width * other.height)
    }
}
