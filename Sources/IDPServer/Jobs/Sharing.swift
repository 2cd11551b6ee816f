import Dispatch
import Observability
import Synchronization

/// What a node knows of the store that it shares with others: whether jobs wait there, and who watches runs of others.
final class Sharing: Sendable {
    private struct State {
        var poolDepth = 0
        var mayHoldJobs = true
        var isClaiming = false
        var watchers: [RunID: [Int: RunIndex.Watcher]] = [:]
        var nextKey = -1
        var lastCount: ContinuousClock.Instant?
        var straySearches = 0
        var strays: Set<RunID> = []
    }

    /// Where all nodes meet.
    let store: any SharedJobStore
    /// Blocks on the store: claims, looks at runs that are watched.
    let queue = DispatchQueue(label: "idp.sharing")
    private let state = Mutex(State())

    /// Looks for strays after an answer may have been lost: one beat each.
    private static let straySearches = 6
    /// How old the counts of jobs by state may be.
    private static let countAge = Duration.seconds(10)

    /// Nothing is known of the store yet.
    init(store: any SharedJobStore) { self.store = store }

    /// Jobs that belonged to nobody when somebody last looked, and those that this node has put there since.
    var poolDepth: Int { state.withLock { $0.poolDepth } }

    /// Whether the pool may hold jobs, as far as this node knows.
    var mayPoolHoldJobs: Bool { state.withLock { $0.mayHoldJobs } }

    /// So many jobs are in the pool.
    func notePool(depth: Int) {
        state.withLock { state in
            state.poolDepth = depth
            if depth > 0 { state.mayHoldJobs = true }
        }
    }

    /// This node has put a job there.
    func noteOffer() {
        state.withLock { state in
            state.poolDepth += 1
            state.mayHoldJobs = true
        }
    }

    /// Somebody says that jobs are there.
    func noteFilled() { state.withLock { $0.mayHoldJobs = true } }

    /// Whether the caller shall claim now: one at a time does. `endClaims` must follow.
    func beginClaims() -> Bool {
        state.withLock { state in
            guard state.mayHoldJobs, !state.isClaiming else { return false }
            state.isClaiming = true
            return true
        }
    }

    /// Before a claim: a job that comes from now on is not forgotten.
    func expectEmpty() { state.withLock { $0.mayHoldJobs = false } }

    /// A claim brought so many jobs.
    func noteClaimed(_ count: Int, isMoreLikely: Bool) {
        state.withLock { state in
            state.poolDepth = max(0, state.poolDepth - count)
            if isMoreLikely { state.mayHoldJobs = true }
        }
    }

    /// The claims have ended.
    func endClaims() { state.withLock { $0.isClaiming = false } }

    /// Whether the jobs' states are to be counted again; the caller does it.
    func isCountDue(at now: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            if let last = state.lastCount, last.duration(to: now) < Self.countAge { return false }
            state.lastCount = now
            return true
        }
    }

    /// An answer may have been lost that made jobs this node's.
    func expectStrays() { state.withLock { $0.straySearches = Self.straySearches } }

    /// Whether to look for them; counts the looks.
    func isSearchDue() -> Bool {
        state.withLock { state in
            guard state.straySearches > 0 else { return false }
            state.straySearches -= 1
            return true
        }
    }

    /// Takes jobs that are this node's in the store and not in memory, and gives those that were so before: one that
    /// is on its way into memory is not a stray.
    func strays(among unknown: Set<RunID>) -> Set<RunID> {
        state.withLock { state in
            defer { state.strays = unknown }
            return state.strays.intersection(unknown)
        }
    }

    /// Watches a run of another node. Keys are negative, which those of `RunIndex` are not.
    func watch(_ id: RunID, _ watcher: @escaping RunIndex.Watcher) -> Int {
        state.withLock { state in
            let key = state.nextKey
            state.nextKey -= 1
            state.watchers[id, default: [:]][key] = watcher
            return key
        }
    }

    /// Ends a watch.
    func unwatch(_ id: RunID, _ key: Int) {
        state.withLock { state in
            state.watchers[id]?[key] = nil
            if state.watchers[id]?.isEmpty == true { state.watchers[id] = nil }
        }
    }

    /// The runs that somebody watches, of those given, or all.
    func watched(_ ids: [RunID]? = nil) -> [RunID] {
        state.withLock { state in ids.map { $0.filter { state.watchers[$0] != nil } } ?? Array(state.watchers.keys) }
    }

    /// Tells those who watch. The thread of the caller.
    func tell(_ record: RunRecord) {
        let watchers = state.withLock { state -> [RunIndex.Watcher] in
            let watchers = state.watchers[record.id].map { Array($0.values) } ?? []
            if record.state.isFinal { state.watchers[record.id] = nil }
            return watchers
        }
        for watcher in watchers { watcher(.state(record)) }
    }
}
