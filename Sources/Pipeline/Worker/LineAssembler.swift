/// Puts what an engine calls lines (pieces of lines, where a table or columns lie between) into rows of the page, top
/// to bottom, each left to right; and turns a page whose text runs down, up or backwards upright.
enum LineAssembler {
    /// Where a text's reading direction points on the page.
    private enum Direction: CaseIterable {
        case right, down, left, up

        /// Clockwise degrees that make it point to the right.
        var turn: Int {
            switch self {
            case .right: 0
            case .up: 90
            case .left: 180
            case .down: 270
            }
        }
    }

    /// A page's text, upright.
    struct Assembly {
        var lines: [TextLine]
        var width: Double
        var height: Double
        /// Clockwise degrees by which the page was turned.
        var turn: Int
    }

    /// The rows of `pieces`, and the page's size once it is upright. Empty pieces are dropped.
    static func assemble(_ pieces: [[Word]], width: Double, height: Double) -> Assembly {
        let direction = prevailingDirection(of: pieces)
        let upright = pieces.filter { !$0.isEmpty }.map { piece in
            piece.map { word in
                var word = word
                word.box = turn(word.box, from: direction, width: width, height: height)
                return word
            }
        }
        let sideways = direction == .down || direction == .up
        return Assembly(
            lines: rows(of: upright), width: sideways ? height : width, height: sideways ? width : height,
            turn: direction.turn)
    }

    /// Each piece votes with its length for the way from its first to its last word.
    private static func prevailingDirection(of pieces: [[Word]]) -> Direction {
        var votes: [Direction: Double] = [:]
        for piece in pieces {
            guard let first = piece.first?.box, let last = piece.last?.box, piece.count > 1 else { continue }
            let dx = last.middleX - first.middleX
            let dy = last.middleY - first.middleY
            let direction: Direction = abs(dx) >= abs(dy) ? (dx >= 0 ? .right : .left) : (dy >= 0 ? .down : .up)
            votes[direction, default: 0] += max(abs(dx), abs(dy))
        }
        // In a fixed order, so that a tie has one winner.
        return Direction.allCases.max { votes[$0, default: 0] < votes[$1, default: 0] } ?? .right
    }

    private static func turn(_ box: Box, from direction: Direction, width: Double, height: Double) -> Box {
        switch direction {
        case .right: box
        case .down: Box(x: box.y, y: width - box.x - box.width, width: box.height, height: box.width)
        case .up: Box(x: height - box.y - box.height, y: box.x, width: box.height, height: box.width)
        case .left:
            Box(x: width - box.x - box.width, y: height - box.y - box.height, width: box.width, height: box.height)
        }
    }

    private struct Row {
        var pieces: [[Word]]
        var extents: [(left: Double, right: Double)]
        var top: Double
        var bottom: Double
    }

    private static func rows(of pieces: [[Word]]) -> [TextLine] {
        var rows: [Row] = []
        let measured = pieces.map { (words: $0, band: band(of: $0)) }
        for piece in measured.sorted(by: { $0.band.top < $1.band.top }) {
            let left = piece.words.map(\.box.x).min() ?? 0
            let right = piece.words.map { $0.box.x + $0.box.width }.max() ?? 0
            let home = rows.indices.last { index in
                let row = rows[index]
                let shared = min(row.bottom, piece.band.bottom) - max(row.top, piece.band.top)
                let smaller = min(row.bottom - row.top, piece.band.bottom - piece.band.top)
                return shared >= 0.6 * smaller
                    && row.extents.allSatisfy { right <= $0.left + 1 || left >= $0.right - 1 }
            }
            if let home {
                rows[home].pieces.append(piece.words)
                rows[home].extents.append((left, right))
            } else {
                rows.append(
                    Row(
                        pieces: [piece.words], extents: [(left, right)], top: piece.band.top,
                        bottom: piece.band.bottom))
            }
        }
        return rows.map { row in
            let ordered = row.pieces.indices.sorted { row.extents[$0].left < row.extents[$1].left }
            return TextLine(words: ordered.flatMap { row.pieces[$0] })
        }
    }

    /// The vertical band of a piece: of its median word, so that one bracket or a smudge does not widen it.
    private static func band(of words: [Word]) -> (top: Double, bottom: Double) {
        let tops = words.map(\.box.y).sorted()
        let bottoms = words.map { $0.box.y + $0.box.height }.sorted()
        return (tops[tops.count / 2], bottoms[bottoms.count / 2])
    }
}

extension Box {
    var middleX: Double { x + width / 2 }
    var middleY: Double { y + height / 2 }
}
