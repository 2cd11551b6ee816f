internal import CTesseract
internal import Foundation

/// A sheet of paper that a photograph shows whole, from an angle: where its corners are.
///
/// A camera that is not held straight makes a trapezium of the sheet, whose lines of print run in several directions:
/// deskewing, which has one angle for the page, leaves the rest. With its four sides seen it can be laid flat.
struct PhotographedSheet {
    private typealias Point = (x: Double, y: Double)

    /// In pixels of the picture: top left, top right, bottom right, bottom left.
    private let corners: [Point]
    /// In pixels: those of the sheet laid flat.
    private let width: Double
    private let height: Double

    /// Steeper sides are not a sheet's, which may be off by some 20 degrees.
    private static let slopeMax = 0.4
    /// How far from a straight side its edge may be, in pixels of the small mask.
    private static let roughness = 0.8
    /// The share of an edge's points that have to lie on a straight line. The rest are the edges beside, where the
    /// sheet lies turned, and fingers.
    private static let straightShare = 0.6
    /// How far inside of its edge the sheet is cut out, in pixels: shadows.
    private static let inset = 4.0

    /// Looks for one in a grey picture; nil where one of its sides is not seen.
    init?(in grey: Picture) {
        guard let mask = Surroundings.smallMask(of: grey) else { return nil }
        let edges = SheetEdges(mask)
        guard let top = Side(edges.top), let bottom = Side(edges.bottom), let left = Side(edges.left),
            let right = Side(edges.right)
        else { return nil }
        let scale = Double(Surroundings.scale)
        let meetings = [(left, top), (right, top), (right, bottom), (left, bottom)].map { side, level -> Point in
            // x = side.slope * y + side.offset, y = level.slope * x + level.offset; the slopes are far from 1.
            let x = (side.slope * level.offset + side.offset) / (1 - side.slope * level.slope)
            return (x * scale, (level.slope * x + level.offset) * scale)
        }
        let (centreX, centreY) = (meetings.map(\.x).reduce(0, +) / 4, meetings.map(\.y).reduce(0, +) / 4)
        let found = meetings.map { corner -> Point in
            let distance = hypot(corner.x - centreX, corner.y - centreY)
            let share = max(0, 1 - Self.inset / max(distance, 1))
            return (centreX + (corner.x - centreX) * share, centreY + (corner.y - centreY) * share)
        }
        func length(_ from: Int, _ to: Int) -> Double {
            hypot(found[to].x - found[from].x, found[to].y - found[from].y)
        }
        let (widths, heights) = ([length(0, 1), length(3, 2)], [length(0, 3), length(1, 2)])
        (corners, width, height) = (found, max(widths[0], widths[1]).rounded(), max(heights[0], heights[1]).rounded())
        // A sheet fills most of the picture of it, and no camera is held so far askew.
        guard width * height > 0.3 * Double(grey.width) * Double(grey.height),
            min(widths[0], widths[1]) > 0.75 * width, min(heights[0], heights[1]) > 0.75 * height
        else { return nil }
    }

    /// The sheet alone, laid flat. `picture` has the size of the one that the sheet was found in. Nil when there is no
    /// memory for it.
    func flattened(_ picture: Picture) -> Picture? {
        // Leptonica gives back as much as it was given: a sheet that lies turned is longer than the picture is high.
        let missing = (x: max(0, width - Double(picture.width)), y: max(0, height - Double(picture.height)))
        guard
            let roomy = Picture(
                taking: pixAddBorderGeneral(picture.pix, 0, Int32(missing.x), 0, Int32(missing.y), 0)),
            let target = points([(0, 0), (width, 0), (width, height), (0, height)]), let source = points(corners)
        else { return nil }
        var (targetPoints, sourcePoints): (UnsafeMutablePointer<Pta>?, UnsafeMutablePointer<Pta>?) = (target, source)
        defer {
            ptaDestroy(&targetPoints)
            ptaDestroy(&sourcePoints)
        }
        guard
            let flat = Picture(
                taking: pixProjectivePta(roomy.pix, targetPoints, sourcePoints, Int32(L_BRING_IN_WHITE))),
            let frame = boxCreate(0, 0, Int32(width), Int32(height))
        else { return nil }
        var box: UnsafeMutablePointer<CTesseract.Box>? = frame
        defer { boxDestroy(&box) }
        return Picture(taking: pixClipRectangle(flat.pix, box, nil))
    }

    private func points(_ list: [Point]) -> UnsafeMutablePointer<Pta>? {
        guard let points = ptaCreate(4) else { return nil }
        for point in list { ptaAddPt(points, Float(point.x), Float(point.y)) }
        return points
    }

    /// One side as a line: the coordinate across as a function of the coordinate along.
    private struct Side {
        let slope: Double
        let offset: Double

        /// The line on which most of the points lie; nil if they lie on none, or on the picture's own edge.
        init?(_ edge: SheetEdges.Edge) {
            let points = edge.points
            guard points.count >= 12 else { return nil }
            var best: (slope: Double, offset: Double, count: Int) = (0, 0, 0)
            // Pairs far enough apart to give a direction.
            for distance in [points.count / 4, points.count / 2] {
                for first in 0..<(points.count - distance) {
                    let (a, b) = (points[first], points[first + distance])
                    let slope = (b.across - a.across) / (b.along - a.along)
                    guard abs(slope) <= PhotographedSheet.slopeMax else { continue }
                    let offset = a.across - slope * a.along
                    let count = points.count { point in
                        abs(point.across - slope * point.along - offset) <= PhotographedSheet.roughness
                    }
                    if count > best.count { best = (slope, offset, count) }
                }
            }
            guard Double(best.count) >= PhotographedSheet.straightShare * Double(points.count) else { return nil }
            let members = points.filter { point in
                abs(point.across - best.slope * point.along - best.offset) <= PhotographedSheet.roughness
            }
            guard members.count(where: { $0.across == edge.frame }) * 4 < members.count else { return nil }
            // Least squares over those.
            let count = Double(members.count)
            let (meanAlong, meanAcross) = (
                members.reduce(0) { $0 + $1.along } / count, members.reduce(0) { $0 + $1.across } / count)
            let spread = members.reduce(0) { $0 + ($1.along - meanAlong) * ($1.along - meanAlong) }
            let together = members.reduce(0) { $0 + ($1.along - meanAlong) * ($1.across - meanAcross) }
            guard spread > 0 else { return nil }
            slope = together / spread
            offset = meanAcross - slope * meanAlong
        }
    }
}

/// Where the surroundings end, seen from each side of a mask: for each of its lines and columns.
private struct SheetEdges {
    struct Edge {
        /// Each: where along the picture's edge, and how far across, both in pixels of the mask.
        var points: [(along: Double, across: Double)] = []
        /// How far across the picture's own edge is.
        var frame: Double
    }

    private(set) var top: Edge
    private(set) var bottom: Edge
    private(set) var left: Edge
    private(set) var right: Edge

    init(_ mask: Picture) {
        let (width, height) = (mask.width, mask.height)
        let outside = (0..<height).map { y in
            (0..<width).map { x in
                var value: UInt32 = 0
                return pixGetPixel(mask.pix, Int32(x), Int32(y), &value) == 0 && value != 0
            }
        }
        (top, bottom) = (Edge(frame: 0), Edge(frame: Double(height)))
        (left, right) = (Edge(frame: 0), Edge(frame: Double(width)))
        for x in 0..<width {
            let column = outside.map { $0[x] }
            guard let first = column.firstIndex(of: false), let last = column.lastIndex(of: false) else { continue }
            top.points.append((Double(x) + 0.5, Double(first)))
            bottom.points.append((Double(x) + 0.5, Double(last + 1)))
        }
        for (y, row) in outside.enumerated() {
            guard let first = row.firstIndex(of: false), let last = row.lastIndex(of: false) else { continue }
            left.points.append((Double(y) + 0.5, Double(first)))
            right.points.append((Double(y) + 0.5, Double(last + 1)))
        }
    }
}
