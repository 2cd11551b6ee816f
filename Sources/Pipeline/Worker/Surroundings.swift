internal import CTesseract

/// What a photograph shows beside the paper: the table that it lies on.
///
/// It is as dark as print and larger than all of it. Evened out like the paper it becomes a field of noise, which is
/// read as letters and hides how dark the print is. Of 13 photos half of the words that were lost come back without it.
enum Surroundings {
    /// The surroundings in a grey picture as a mask of its size, somewhat more than they are; nil where there are none.
    static func mask(of grey: Picture) -> Picture? {
        guard let broad = smallMask(of: grey), let grown = Picture(taking: pixDilateBrick(nil, broad.pix, 3, 3)),
            let large = Picture(taking: pixExpandReplicate(grown.pix, scale))
        else { return nil }
        return Picture(taking: pixScaleToSize(large.pix, Int32(grey.width), Int32(grey.height)))
    }

    /// The surroundings in a grey picture as a mask of a `scale`th of its size; nil where there are none: they are dark
    /// all over, reach the picture's edge, and show no print (else they are paper in a shadow).
    static func smallMask(of grey: Picture) -> Picture? {
        guard let small = shrunk(grey), let level = darkLevel(of: small),
            let dark = Picture(taking: pixThresholdToBinary(small.pix, level)),
            let whole = Picture(taking: pixCloseSafeBrick(nil, dark.pix, 3, 3)),
            let seed = Picture(taking: pixCreateTemplate(whole.pix))
        else { return nil }
        pixSetOrClearBorder(seed.pix, 1, 1, 1, 1, Int32(PIX_SET))
        pixAnd(seed.pix, seed.pix, whole.pix)
        guard let outside = Picture(taking: pixSeedfillBinary(nil, seed.pix, whole.pix, 4)),
            let broad = Picture(taking: pixOpenBrick(nil, outside.pix, 2, 2)), count(broad) > 0,
            let inner = Picture(taking: pixErodeBrick(nil, broad.pix, 3, 3)), !showsPrint(grey, at: inner)
        else { return nil }
        return broad
    }

    /// At a sixteenth of its size, where print has become a shade of its paper.
    private static func shrunk(_ grey: Picture) -> Picture? {
        var small: Picture? = grey
        for _ in 0..<4 { small = small.flatMap { Picture(taking: pixScaleAreaMap2($0.pix)) } }
        return small
    }

    /// What parts dark from light, if a part of the picture is much darker than the rest.
    private static func darkLevel(of picture: Picture) -> Int32? {
        var histogram = pixGetGrayHistogram(picture.pix, 1)
        guard histogram != nil else { return nil }
        defer { numaDestroy(&histogram) }
        var level = Int32(0)
        var (darkMean, lightMean, darkCount, lightCount) = (Float(0), Float(0), Float(0), Float(0))
        guard
            numaSplitDistribution(
                histogram, 0.1, &level, &darkMean, &lightMean, &darkCount, &lightCount, nil) == 0
        else { return nil }
        // Photos measured: 15 to 20 per cent dark, at a fifth to six tenths of the paper's light.
        let share = darkCount / max(darkCount + lightCount, 1)
        return darkMean <= lightMean * 0.65 && (0.02...0.6).contains(share) ? level : nil
    }

    /// Whether there are strokes of print under a mask of a sixteenth of the size.
    private static func showsPrint(_ grey: Picture, at mask: Picture) -> Bool {
        guard let half = Picture(taking: pixScaleAreaMap2(grey.pix)),
            let ground = Picture(taking: pixCloseGray(half.pix, 17, 17)),
            let contrast = Picture(taking: pixSubtractGray(nil, ground.pix, half.pix)),
            let faint = Picture(taking: pixThresholdToBinary(contrast.pix, 40)),
            let dark = Picture(taking: pixInvert(nil, faint.pix)),
            let upright = Picture(taking: pixOpenBrick(nil, dark.pix, 1, 5)),
            let area = Picture(taking: pixExpandReplicate(mask.pix, scale / 2)),
            let found = Picture(taking: pixAnd(nil, upright.pix, area.pix))
        else { return true }
        // Two or three letters' worth.
        return count(found) > 100
    }

    private static func count(_ picture: Picture) -> Int {
        var count: Int32 = 0
        pixCountPixels(picture.pix, &count, nil)
        return Int(count)
    }

    /// How much smaller the small mask is.
    static let scale: Int32 = 16
}
