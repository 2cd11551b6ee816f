internal import Foundation
internal import Synchronization

/// A bar on standard error that tells how far a batch has come, how fast it goes and how long it will take. Nothing is
/// shown where standard error is no terminal. Any thread.
final class ProgressBar: Sendable {
    private let terminal: Terminal
    private let total: Int
    private let began = ContinuousClock.now
    /// Whether a bar stands on the screen.
    private let isShown = Mutex(false)

    init(total: Int, terminal: Terminal) {
        self.total = total
        self.terminal = terminal
    }

    /// Draws the bar anew.
    func show(_ count: BatchCount) {
        guard terminal.isTerminal else { return }
        let text = Self.text(
            count, of: total, seconds: began.duration(to: .now) / .seconds(1), columns: terminal.columns)
        isShown.withLock { isShown in
            isShown = true
            StandardError.write("\r\u{1B}[K" + text)
        }
    }

    /// Takes the bar away, so that lines can be written in its place.
    func clear() {
        isShown.withLock { isShown in
            if isShown { StandardError.write("\r\u{1B}[K") }
            isShown = false
        }
    }

    /// `[#####-----]  5/10  1.2/s  0:04 left  1 refused  1 failed`, cut to the columns.
    static func text(_ count: BatchCount, of total: Int, seconds: Double, columns: Int) -> String {
        let share = total > 0 ? Double(count.all) / Double(total) : 1
        let width = min(30, max(10, columns - 50))
        let filled = min(width, Int(share * Double(width)))
        var text = "[" + String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled) + "]"
        text += "  \(count.all)/\(total)"
        if count.all > 0, seconds > 0 {
            let rate = Double(count.all) / seconds
            text += "  \(String(format: "%.1f", rate))/s  \(clock(Double(total - count.all) / rate)) left"
        }
        if count.refused > 0 { text += "  \(count.refused) refused" }
        if count.failed > 0 { text += "  \(count.failed) failed" }
        return String(text.prefix(max(1, columns - 1)))
    }

    /// Seconds as `0:07`, `12:30` or `3:05:00`.
    static func clock(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded(.up))
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        return hours > 0
            ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
    }
}
