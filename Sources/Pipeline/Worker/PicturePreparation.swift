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
    /// From there on grey runs out into white over so many levels, so that the print keeps soft edges.
    private static let ramp = 30

    /// Nil when there is no memory for it.
    static func prepare(_ picture: Picture) -> Picture? {
        guard let grey = grey(picture), let scaled = scaled(grey) else { return nil }
        let upright = isDark(scaled) ? Picture(taking: pixInvert(nil, scaled.pix)) ?? scaled : scaled
        // Both give up on pictures that are too small or hold nothing: then the picture is good as it is.
        let even = Picture(taking: pixBackgroundNormSimple(upright.pix, nil, nil)) ?? upright
        return Picture(taking: pixDeskew(even.pix, 0)) ?? even
    }

    /// A copy of a prepared picture in which everything clearly lighter than the print is white: stamps, signatures,
    /// watermarks. Nil when there is no memory for it. `start` is the picture's `stampLevel`.
    static func withoutStamps(_ prepared: Picture, from start: Int) -> Picture? {
        guard let map = numaCreate(256) else { return nil }
        var levels: UnsafeMutablePointer<Numa>? = map
        defer { numaDestroy(&levels) }
        for level in 0..<256 {
            let share = min(max(Double(level - start) / Double(ramp), 0), 1)
            numaAddNumber(map, Float(Double(level) + (255 - Double(level)) * share))
        }
        guard let lifted = Picture(taking: pixCopy(nil, prepared.pix)) else { return nil }
        return pixTRCMap(lifted.pix, nil, map) == 0 ? lifted : nil
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

    /// The darkness of the print: a quarter of all ink is darker. Nil when there is no ink.
    private static func printLevel(of picture: Picture) -> Int? {
        var histogram = pixGetGrayHistogram(picture.pix, 2)
        guard histogram != nil else { return nil }
        defer { numaDestroy(&histogram) }
        let counts = (0..<160).map { level -> Float in
            var count: Float = 0
            numaGetFValue(histogram, Int32(level), &count)
            return count
        }
        let ink = counts.reduce(0, +)
        var passed: Float = 0
        return counts.firstIndex { count in
            passed += count
            return ink > 0 && passed >= ink / 4
        }
    }

    /// Of a coloured picture the lightest of its three colours: that makes coloured ink light and leaves black black.
    private static func grey(_ picture: Picture) -> Picture? {
        var source = picture
        if let colormap = pixGetColormap(picture.pix) {
            var isOpaque: Int32 = 1
            pixcmapIsOpaque(colormap, &isOpaque)
            let kind = isOpaque == 0 ? Int32(REMOVE_CMAP_WITH_ALPHA) : Int32(REMOVE_CMAP_BASED_ON_SRC)
            if let full = Picture(taking: pixRemoveColormap(picture.pix, kind)) { source = full }
        }
        // White paper behind what is transparent.
        if pixGetSpp(source.pix) == 4, let opaque = Picture(taking: pixRemoveAlpha(source.pix)) { source = opaque }
        return Picture(
            taking: pixGetDepth(source.pix) == 32
                ? pixConvertRGBToGrayMinMax(source.pix, Int32(L_CHOOSE_MAX)) : pixConvertTo8(source.pix, 0))
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
