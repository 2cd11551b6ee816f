internal import Dispatch
internal import EventHTTP
internal import Foundation
internal import Observability
internal import Pipeline
internal import Synchronization

/// Makes pictures of pages for callers, a few at a time, on a queue of their own: a document worker draws each, and the
/// request queue must not wait for one.
final class PagePictures: Sendable {
    /// Pictures that may be asked for at the same time, by people who look at results; more are refused.
    private static let limit = 32
    /// Drawing takes a fraction of a second; the rest is waiting for a worker.
    private static let timeLimit = Duration.seconds(30)

    private let painter: any PagePainting
    private let queue = DispatchQueue(label: "idp.pictures", attributes: .concurrent)
    /// As many at a time as there are document workers: more would only wait for one, each with a thread.
    private let width: Int
    private let waiting = Mutex<(running: Int, line: [@Sendable () -> Void])>((0, []))

    /// - Parameter width: how many are made at a time.
    init(painter: any PagePainting, width: Int) {
        self.painter = painter
        self.width = width
    }

    /// Answers with a page's picture, later.
    ///
    /// - Throws: `SERVER_BUSY` when too many wait.
    func make(_ page: Int, _ sheet: PageSheet, documentPath: String, _ call: Call) throws(ServiceError) {
        let cancellation = CancellationToken()
        let deadline = Deadline.after(Self.timeLimit)
        let work: @Sendable () -> Void = { [painter] in
            do throws(ServiceError) {
                let picture = try painter.picture(
                    of: page, sheet, documentPath: documentPath, by: deadline, cancellation)
                // What a document shows is personal: no cache keeps it.
                let fields = [("Content-Type", "image/jpeg"), ("Cache-Control", "no-store")]
                call.reply(Response(status: 200, fields: fields, body: .bytes(Array(picture))))
            } catch {
                call.fail(error)
            }
        }
        let isTaken = waiting.withLock { state in
            guard state.running + state.line.count < Self.limit else { return false }
            state.line.append(work)
            return true
        }
        guard isTaken else {
            throw ServiceError(.serverBusy, "Too many pictures are being made", retryAfter: 1)
        }
        call.onClientGone { cancellation.cancel(.requested) }
        startNext()
    }

    /// Runs the first in the line if fewer than `width` run.
    private func startNext() {
        let next = waiting.withLock { state -> (@Sendable () -> Void)? in
            guard state.running < width, !state.line.isEmpty else { return nil }
            state.running += 1
            return state.line.removeFirst()
        }
        guard let next else { return }
        queue.async { [self] in
            next()
            waiting.withLock { $0.running -= 1 }
            startNext()
        }
    }
}
