/// How a page's picture is made again, so that the boxes of its words lie on it: what was read, and how far that was
/// turned until its text stood upright.
public struct PageSheet: Sendable, Hashable, Codable {
    /// The page's size in the units of its boxes: pixels of the read picture, or PDF points.
    public var width: Double
    public var height: Double
    /// What is taken or drawn.
    var plan: PicturePlan
    /// Whether a picture was read, which is scaled and deskewed before; else the page's text layer.
    var isRead: Bool
    /// Clockwise degrees after that: 0, 90, 180 or 270.
    var turn: Int
}

extension DocumentText {
    /// The pages as they were read; nil when one of them does not say.
    var sheets: [PageSheet]? {
        let sheets = pages.compactMap(\.sheet)
        return sheets.count == pages.count ? sheets : nil
    }
}
