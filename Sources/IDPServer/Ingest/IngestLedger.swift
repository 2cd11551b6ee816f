internal import KafkaClient
internal import Observability

/// The records that this node has taken and is not done with: what may begin, what is waited for, what may be
/// committed. A pure value; time is told to it.
///
/// A record's way: taken, waiting for its turn → submitting → following its run → answering → ended. Something that
/// does not work now puts it back into the line. A partition that goes takes its records with it: whatever comes of
/// them afterwards finds nothing here, and whoever has the partition then finds their runs by their keys.
struct IngestLedger {
    /// How much is taken at a time.
    struct Limits: Sendable, Equatable {
        /// Records that are submitted at a time: documents on their way from S3.
        var width = 4
        /// Records that wait for their turn.
        var line = 64
        /// Records that have begun and not ended; most of them wait for their runs.
        var window: Int
    }

    /// A record of one assignment of its partition.
    struct Place: Sendable, Hashable {
        var partition: Int32
        var offset: Int64
        fileprivate var generation: Int
    }

    /// What is known of a record at work.
    struct Entry: Sendable {
        let place: Place
        let record: KafkaRecord
        fileprivate(set) var phase = Phase.waiting
        /// Submissions that came to nothing.
        fileprivate(set) var failures = 0
        /// Those of them between which other records went through.
        fileprivate(set) var strikes = 0
        fileprivate var lastFailure: ContinuousClock.Instant?
        fileprivate var notBefore: ContinuousClock.Instant?
    }

    /// How far a record has come.
    enum Phase: Sendable, Equatable {
        case waiting
        case submitting
        case following(RunID)
        case answering
    }

    private struct Partition {
        var generation: Int
        var tracker = OffsetTracker()
        /// Where the group goes on, before the first record has come; nil until somebody has asked.
        var base: Int64?
        /// Where the next record will be written, as last heard.
        var end: Int64?
    }

    private let limits: Limits
    private var partitions: [Int32: Partition] = [:]
    private var generations = 0
    private var entries: [Place: Entry] = [:]
    /// In the order in which they shall begin.
    private var line: [Place] = []
    private var submitting = 0
    private var heldUntil: ContinuousClock.Instant?
    private var lastSuccess: ContinuousClock.Instant?
    /// What the consumer was last told; nil when some of its partitions have not been told anything.
    private var toldToPause: Bool?

    init(_ limits: Limits) { self.limits = limits }

    /// The partitions that are this node's.
    var assigned: [Int32] { partitions.keys.sorted() }

    /// Records at work.
    var count: Int { entries.count }

    /// Whether nothing is fetched.
    var isPaused: Bool { toldToPause ?? false }

    /// Partitions that are this node's from now on.
    mutating func assign(_ numbers: [Int32]) {
        generations += 1
        for number in numbers { partitions[number] = Partition(generation: generations) }
        // What is new is fetched, whatever the others are told.
        toldToPause = nil
    }

    /// Partitions that are this node's no more.
    mutating func revoke(_ numbers: [Int32]) {
        for number in numbers { partitions[number] = nil }
        submitting -= entries.values.count { $0.phase == .submitting && partitions[$0.place.partition] == nil }
        entries = entries.filter { partitions[$0.key.partition] != nil }
        line.removeAll { entries[$0] == nil }
    }

    /// Takes a record into the line; false where it is not wanted: it had come before, or its partition has gone.
    mutating func take(_ record: KafkaRecord) -> Bool {
        guard let partition = partitions[record.partition],
            partitions[record.partition]?.tracker.begin(record.offset) == true
        else { return false }
        let place = Place(partition: record.partition, offset: record.offset, generation: partition.generation)
        entries[place] = Entry(place: place, record: record)
        line.append(place)
        return true
    }

    /// The next record to be submitted, if one may begin now.
    mutating func start(at now: ContinuousClock.Instant) -> Entry? {
        guard submitting < limits.width, !isHeld(at: now),
            let index = line.firstIndex(where: { isReady($0, at: now) })
        else { return nil }
        let place = line.remove(at: index)
        submitting += 1
        entries[place]?.phase = .submitting
        return entries[place]
    }

    /// A record has its run; false where nobody waits for that any more.
    ///
    /// - Parameter success: when it went all the way; nil for one that found its run.
    mutating func follow(_ place: Place, _ run: RunID, success: ContinuousClock.Instant?) -> Bool {
        guard entries[place]?.phase == .submitting else { return false }
        submitting -= 1
        lastSuccess = success ?? lastSuccess
        entries[place]?.phase = .following(run)
        return true
    }

    /// A record's answer is known; nil where it was known before, or nobody waits for it any more.
    mutating func answer(_ place: Place) -> Entry? {
        switch entries[place]?.phase {
        case .submitting: submitting -= 1
        case .following: break
        case .waiting, .answering, nil: return nil
        }
        entries[place]?.phase = .answering
        return entries[place]
    }

    /// Whether an answer that is on its way is still this node's to give.
    func isAnswering(_ place: Place) -> Bool { entries[place]?.phase == .answering }

    /// A submission came to nothing for now: the record goes back to the front of the line, and counts what it cost.
    /// Nil where nobody waits for it any more.
    mutating func fail(_ place: Place, at now: ContinuousClock.Instant) -> Entry? {
        guard var entry = entries[place], entry.phase == .submitting else { return nil }
        submitting -= 1
        entry.phase = .waiting
        entry.failures += 1
        if let last = entry.lastFailure, let lastSuccess, lastSuccess > last { entry.strikes += 1 }
        entry.lastFailure = now
        entries[place] = entry
        line.insert(place, at: 0)
        return entry
    }

    /// Lets a waiting record begin no earlier than then; with `others`, nothing at all.
    mutating func wait(_ place: Place, until instant: ContinuousClock.Instant, others: Bool) {
        entries[place]?.notBefore = instant
        if others { heldUntil = max(heldUntil ?? instant, instant) }
    }

    /// Takes a record that waits out of the line to be answered without a run.
    mutating func giveUp(_ place: Place) -> Entry? {
        guard entries[place]?.phase == .waiting else { return nil }
        line.removeAll { $0 == place }
        entries[place]?.phase = .answering
        return entries[place]
    }

    /// A record is done with.
    ///
    /// - Returns: the offset from which its partition is read on, if that has moved.
    mutating func end(_ place: Place) -> Int64? {
        guard entries.removeValue(forKey: place) != nil else { return nil }
        return partitions[place.partition]?.tracker.end(place.offset)
    }

    /// Whether fetching shall stop or go on; nil where it is as it should be. With some room between the two, as each
    /// pause throws away what was fetched ahead.
    mutating func regulate(at now: ContinuousClock.Instant, isStopping: Bool) -> Bool? {
        let ready = line.count { isReady($0, at: now) }
        let isFull = ready >= limits.line || entries.count >= limits.window
        let isRoomy = ready <= limits.line / 4 && entries.count < limits.window - limits.window / 8
        let wanted = isStopping || isHeld(at: now) || isFull || (isPaused && !isRoomy)
        guard wanted != toldToPause, !partitions.isEmpty else { return nil }
        toldToPause = wanted
        return wanted
    }

    /// Records that wait for their runs.
    var following: [(place: Place, run: RunID)] {
        entries.values.compactMap { entry in
            if case .following(let run) = entry.phase { (entry.place, run) } else { nil }
        }
    }

    /// Whether nobody has asked where the group goes on.
    func isBaseUnknown(_ number: Int32) -> Bool {
        guard let partition = partitions[number] else { return false }
        return partition.base == nil && partition.tracker.next == nil
    }

    /// What brokers say of a partition.
    mutating func note(_ number: Int32, base: Int64?, end: Int64) {
        partitions[number]?.end = end
        if let base { partitions[number]?.base = base }
    }

    /// Records of each partition that are not done with, where it is known.
    var lag: [Int32: Int64] {
        partitions.compactMapValues { partition in
            guard let end = partition.end, let next = partition.tracker.next ?? partition.base else { return nil }
            return max(0, end - next)
        }
    }

    private func isHeld(at now: ContinuousClock.Instant) -> Bool { heldUntil.map { now < $0 } ?? false }

    private func isReady(_ place: Place, at now: ContinuousClock.Instant) -> Bool {
        entries[place]?.notBefore.map { $0 <= now } ?? true
    }
}
