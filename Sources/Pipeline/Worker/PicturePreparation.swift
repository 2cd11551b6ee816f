internal import CTesseract
internal import Foundation

/// Makes a picture fit for recognition: 8-bit grey, dark on light, about 200 dots per inch, even background, straight,
/// and without stamps as far as their ink is lighter than the print.
///
/// Measured on scans and photos: background and deskewing bring the error rate from .085 to .031 for 0.04 s a page;
/// more than 200 dpi gains nothing after that and costs nearly twice the time. Lifting stamps brings what is left from
/// .037 to .028: a round stamp over a line makes the engine take the line for a part of a picture and drop it.
enum PicturePreparation {
    /// Longest side of a page at 200 dpi: A4 is 2339 pixels long.
    private static let pageSide = 2339.0
    /// Pictures with a longest side between these are left as they are.
    private static let comfortableSides = 1500.0...2800.0
    /// Where between the print's darkness and white the ink of stamps begins. Tried .10 to .40: less eats thin print,
    /// more leaves the stamps.
    private static let stampInk = 0.25
    /// The level that evening out gives to paper.
    private static let evenPaper: UInt32 = 200
    /// In pixels: how far a stroke's edge is from its core.
    private static let coreReach: Int32 = 5
    /// In pixels of half the size: no letter's stroke is wider.
    private static let widestStroke: Int32 = 17
    /// Print is darker than its paper by this much at least.
    private static let leastContrast: Int32 = 80
    /// In pixels of half the size: fewer are dust.
    private static let leastInk: Float = 200
    /// In degrees to either side: where the angle of the lines is looked for, one after the other. Nought is
    /// leptonica's seven, which do for scans; a photographed sheet lies on its table at more. An angle within two
    /// degrees of the end is not trusted.
    private static let skews: [Float] = [0, 20]
    /// From which certainty on leptonica turns a page.
    private static let leastCertainty: Float = 3
    /// So far above that grey runs out into white, over so many levels, so that the print keeps soft edges.
    private static let rampDelay = 25
    private static let ramp = 30

    /// Nil when there is no memory for it.
    static func prepare(_ picture: Picture) -> Picture? {
        guard let grey = grey(picture), let scaled = scaled(grey) else { return nil }
        return straight(evened(scaled)).page
    }

    /// An evened page with its lines level, and by how many degrees it was turned for that; nought where it is left.
    private static func straight(_ even: Picture) -> (page: Picture, degrees: Float) {
        for range in skews {
            var (angle, certainty) = (Float(0), Float(0))
            guard let turned = Picture(taking: pixDeskewGeneral(even.pix, 0, range, 0, 0, 0, &angle, &certainty)) else {
                break
            }
            // The same picture comes back where there is nothing to do.
            if turned.pix != even.pix { return (turned, angle) }
            if certainty >= leastCertainty { break }
        }
        return (even, 0)
    }

    /// Dark on light, on an even background, which goes on where a photo shows more than the paper.
    private static func evened(_ grey: Picture) -> Picture {
        let upright = isDark(grey) ? Picture(taking: pixInvert(nil, grey.pix)) ?? grey : grey
        let surroundings = Surroundings.mask(of: upright)
        // Gives up on pictures that are too small or hold nothing: then the picture is good as it is.
        guard let even = Picture(taking: pixBackgroundNormSimple(upright.pix, nil, nil)) else { return upright }
        if let surroundings { pixSetMasked(even.pix, surroundings.pix, evenPaper) }
        return even
    }

    /// The picture in its own colours with the size and the angle that `prepare` gives it. Nil when there is no memory
    /// for it.
    static func straightened(_ picture: Picture) -> Picture? {
        guard let opaque = opaque(picture),
            let full = pixGetDepth(opaque.pix) == 32 ? opaque : Picture(taking: pixConvertTo8(opaque.pix, 0)),
            let scaled = scaled(full), let grey = grey(picture), let scaledGrey = self.scaled(grey)
        else { return nil }
        let angle = straight(evened(scaledGrey)).degrees
        guard angle != 0 else { return scaled }
        return Picture(
            taking: pixRotate(
                scaled.pix, angle * .pi / 180, Int32(L_ROTATE_AREA_MAP), Int32(L_BRING_IN_WHITE), 0, 0))
    }

    /// A copy of a prepared picture in which everything clearly lighter than the print is white: stamps, signatures,
    /// watermarks. Nil when there is no memory for it. `start` is the picture's `stampLevel`.
    ///
    /// A stroke is judged by its core, the darkest that is near: so a stamp goes whole and thin print keeps its soft
    /// edges. Where the two touch, what is light goes by its own level.
    static func withoutStamps(_ prepared: Picture, from start: Int) -> Picture? {
        guard let map = numaCreate(256) else { return nil }
        var levels: UnsafeMutablePointer<Numa>? = map
        defer { numaDestroy(&levels) }
        for level in 0..<256 {
            let share = min(max(Double(level - start - rampDelay) / Double(ramp), 0), 1)
            numaAddNumber(map, Float(Double(level) + (255 - Double(level)) * share))
        }
        guard let lifted = Picture(taking: pixCopy(nil, prepared.pix)), pixTRCMap(lifted.pix, nil, map) == 0,
            let cores = Picture(taking: pixErodeGray(prepared.pix, coreReach, coreReach)),
            let print = Picture(taking: pixThresholdToBinary(cores.pix, Int32(start + 1))),
            let others = Picture(taking: pixInvert(nil, print.pix)),
            pixSetMasked(lifted.pix, others.pix, 255) == 0
        else { return nil }
        return lifted
    }

    /// From which level on ink is a stamp's and no more the print's: 0 black to 255 white. Nil when nothing is dark.
    static func stampLevel(of prepared: Picture) -> Int? {
        printLevel(of: prepared).map { $0 + Int(Double(255 - $0) * stampInk) }
    }

    /// Whether there is nothing on a prepared picture that could be print.
    static func isBlank(_ prepared: Picture) -> Bool {
        var darkest: UInt32 = 0
        return pixGetRankValue(prepared.pix, 4, 0.0005, &darkest) == 0 && darkest > 170
    }

    /// The darkness of the print: a quarter of the cores of all strokes is darker. Nil when there are none.
    ///
    /// Only what is thin and much darker than what is around it counts: the table under a photographed page is as dark
    /// as print and larger than all of it.
    private static func printLevel(of picture: Picture) -> Int? {
        // At half the size: that is enough for a histogram, and it takes the noise of cameras away.
        guard let half = Picture(taking: pixScaleAreaMap2(picture.pix)),
            let cores = Picture(taking: pixErodeGray(half.pix, 3, 3)),
            let paper = Picture(taking: pixCloseGray(half.pix, widestStroke, widestStroke)),
            let contrast = Picture(taking: pixSubtractGray(nil, paper.pix, half.pix)),
            let faint = Picture(taking: pixThresholdToBinary(contrast.pix, leastContrast)),
            let dark = Picture(taking: pixInvert(nil, faint.pix)),
            // Specks of noise have no length.
            let upright = Picture(taking: pixOpenBrick(nil, dark.pix, 1, 5)),
            let level = Picture(taking: pixOpenBrick(nil, dark.pix, 5, 1)),
            let strokes = Picture(taking: pixOr(nil, upright.pix, level.pix)),
            // Nor is a bar or the square of a QR code a stroke.
            let solid = Picture(taking: pixOpenBrick(nil, dark.pix, 5, 5)),
            let blocks = Picture(taking: pixDilateBrick(nil, solid.pix, 9, 9)),
            let print = Picture(taking: pixSubtract(nil, strokes.pix, blocks.pix))
        else { return nil }
        var histogram = pixGetGrayHistogramMasked(cores.pix, print.pix, 0, 0, 1)
        guard histogram != nil else { return nil }
        defer { numaDestroy(&histogram) }
        let counts = (0..<200).map { level -> Float in
            var count: Float = 0
            numaGetFValue(histogram, Int32(level), &count)
            return count
        }
        let ink = counts.reduce(0, +)
        var passed: Float = 0
        return counts.firstIndex { count in
            passed += count
            return ink > leastInk && passed >= ink / 4
        }
    }

    /// Of a coloured picture the lightest of its three colours: that makes coloured ink light and leaves black black.
    private static func grey(_ picture: Picture) -> Picture? {
        guard let source = opaque(picture) else { return nil }
        return Picture(
            taking: pixGetDepth(source.pix) == 32
                ? pixConvertRGBToGrayMinMax(source.pix, Int32(L_CHOOSE_MAX)) : pixConvertTo8(source.pix, 0))
    }

    /// Without a colour table and without transparency.
    private static func opaque(_ picture: Picture) -> Picture? {
        var source = picture
        if let colormap = pixGetColormap(picture.pix) {
            var isOpaque: Int32 = 1
            pixcmapIsOpaque(colormap, &isOpaque)
            let kind = isOpaque == 0 ? Int32(REMOVE_CMAP_WITH_ALPHA) : Int32(REMOVE_CMAP_BASED_ON_SRC)
            if let full = Picture(taking: pixRemoveColormap(picture.pix, kind)) { source = full }
        }
        // White paper behind what is transparent.
        if pixGetSpp(source.pix) == 4, let opaque = Picture(taking: pixRemoveAlpha(source.pix)) { source = opaque }
        return source
    }

    private static func scaled(_ picture: Picture) -> Picture? {
        let side = Double(max(picture.width, picture.height))
        guard !comfortableSides.contains(side) else { return picture }
        let factor = Float(min(Self.pageSide / side, 4))
        return Picture(taking: pixScale(picture.pix, factor, factor))
    }

    /// White on black: a negative, or a CMYK picture without Adobe's marker.
    private static func isDark(_ picture: Picture) -> Bool {
        var median: UInt32 = 255
        return pixGetRankValue(picture.pix, 8, 0.5, &median) == 0 && median < 70
    }
}
