/// What waits for a turn, and whose turn is next: a pure value under its owner's lock.
///
/// DESIGN. Callers take turns, one element each, in a ring; within one caller's elements higher priority goes first,
/// then who came first. So a caller with ten thousand waiting elements delays another caller's first one by a single
/// turn, and a priority moves only its own caller's elements: nobody gets ahead of others by shouting. A caller who
/// comes new, or again, joins the ring at its end.
///
/// Putting in and taking the next cost the same however many wait. A place in the line and a removal cost a binary
/// search and a look at each caller that has something waiting, never at each element; a removal moves the ids behind
/// it in its row.
struct FairLine<Element> {
    /// An element with where it stands.
    private struct Entry {
        var element: Element
        var since: ContinuousClock.Instant
        var caller: Int
        var level: Int
        var sequence: UInt64
    }

    private struct Ticket {
        var sequence: UInt64
        var id: RunID
    }

    private struct Caller {
        var name: String
        /// By priority level, each in order of arrival.
        var rows: [FIFO<Ticket>] = Array(repeating: FIFO(), count: JobPriority.range.count)
        var count = 0
    }

    private var entries: [RunID: Entry] = [:]
    /// Nil where a caller was who has nothing waiting any more.
    private var callers: [Caller?] = []
    private var freeCallers: [Int] = []
    private var numbers: [String: Int] = [:]
    /// The callers that have something waiting, next turn first. One whose last element was removed stays until its
    /// turn.
    private var ring = FIFO<Int>()
    private var sequence: UInt64 = 0

    /// Elements that wait.
    var count: Int { entries.count }

    /// Elements of one caller that wait.
    func count(of caller: String) -> Int { numbers[caller].flatMap { callers[$0]?.count } ?? 0 }

    /// When the element that has waited longest came.
    var oldest: ContinuousClock.Instant? {
        callers.lazy.compactMap { caller in
            caller?.rows.lazy.compactMap { row in row.first.flatMap { entries[$0.id]?.since } }.min()
        }.min()
    }

    /// Puts an element in. Each id waits once.
    mutating func append(
        _ element: Element, id: RunID, caller name: String, priority: JobPriority, at now: ContinuousClock.Instant
    ) {
        let caller = number(of: name)
        sequence += 1
        let entry = Entry(element: element, since: now, caller: caller, level: priority.level, sequence: sequence)
        let before = entries.updateValue(entry, forKey: id)
        precondition(before == nil, "an element waits that waits already")
        callers[caller]?.rows[priority.level].append(Ticket(sequence: sequence, id: id))
        callers[caller]?.count += 1
    }

    /// Takes the element out whose turn it is, and tells since when it had waited.
    mutating func popFirst() -> (element: Element, since: ContinuousClock.Instant)? {
        while let caller = ring.popFirst() {
            guard let ticket = takeTicket(of: caller) else {
                forget(caller)
                continue
            }
            ring.append(caller)
            if let entry = entries.removeValue(forKey: ticket.id) { return (entry.element, entry.since) }
        }
        return nil
    }

    /// Takes an element out, wherever it stands.
    mutating func remove(_ id: RunID) -> Element? {
        guard let entry = entries.removeValue(forKey: id), let place = place(of: entry) else { return nil }
        callers[entry.caller]?.rows[entry.level].remove(at: place)
        callers[entry.caller]?.count -= 1
        return entry.element
    }

    /// How many elements have their turn before this one if nothing comes or goes; nil when it does not wait.
    func position(of id: RunID) -> Int? {
        guard let entry = entries[id], let own = callers[entry.caller], let place = place(of: entry) else { return nil }
        let rank = own.rows[(entry.level + 1)...].reduce(place) { $0 + $1.count }
        var position = rank
        var isOwnTurnOver = false
        ring.forEach { caller in
            if caller == entry.caller {
                isOwnTurnOver = true
            } else if let other = callers[caller] {
                position += min(other.count, isOwnTurnOver ? rank : rank + 1)
            }
        }
        return position
    }

    /// All that wait, in no order.
    var elements: some Sequence<(id: RunID, element: Element)> { entries.lazy.map { ($0.key, $0.value.element) } }

    /// An element's place in its row.
    private func place(of entry: Entry) -> Int? {
        guard let row = callers[entry.caller]?.rows[entry.level] else { return nil }
        let place = row.firstIndex { $0.sequence < entry.sequence }
        return row.element(at: place)?.sequence == entry.sequence ? place : nil
    }

    private mutating func takeTicket(of caller: Int) -> Ticket? {
        guard let rows = callers[caller]?.rows.indices.reversed() else { return nil }
        for level in rows {
            if let ticket = callers[caller]?.rows[level].popFirst() {
                callers[caller]?.count -= 1
                return ticket
            }
        }
        return nil
    }

    private mutating func number(of name: String) -> Int {
        if let number = numbers[name] { return number }
        let number: Int
        if let free = freeCallers.popLast() {
            number = free
            callers[free] = Caller(name: name)
        } else {
            number = callers.count
            callers.append(Caller(name: name))
        }
        numbers[name] = number
        ring.append(number)
        return number
    }

    private mutating func forget(_ caller: Int) {
        if let name = callers[caller]?.name { numbers[name] = nil }
        callers[caller] = nil
        freeCallers.append(caller)
    }
}
