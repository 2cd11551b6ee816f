/// A first-in-first-out row over an array: appending and taking the first cost the same however long it is.
struct FIFO<Element> {
    private var storage: [Element?] = []
    private var head = 0

    /// Elements in the row.
    var count: Int { storage.count - head }

    /// The oldest element.
    var first: Element? { count > 0 ? storage[head] : nil }

    /// Puts an element at the end.
    mutating func append(_ element: Element) {
        storage.append(element)
    }

    /// Takes the oldest element out.
    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = storage[head]
        storage[head] = nil
        head += 1
        if head > 32, head * 2 > storage.count {
            storage.removeFirst(head)
            head = 0
        }
        return element
    }

    /// The place of the first element that is not before what is looked for, counted from the oldest; `count` when all
    /// are. The row must be in that order.
    func firstIndex(notBefore isBefore: (Element) -> Bool) -> Int {
        var low = head
        var high = storage.count
        while low < high {
            let middle = low + (high - low) / 2
            if let element = storage[middle], isBefore(element) { low = middle + 1 } else { high = middle }
        }
        return low - head
    }

    /// The element at a place, counted from the oldest; nil beyond the end.
    func element(at place: Int) -> Element? { place < count ? storage[head + place] : nil }

    /// Takes the element at a place out; those behind it move up.
    mutating func remove(at place: Int) {
        precondition(place >= 0 && place < count, "no such place in the row")
        storage.remove(at: head + place)
    }

    /// Visits all elements, oldest first.
    func forEach(_ body: (Element) -> Void) {
        for element in storage[head...] {
            if let element { body(element) }
        }
    }
}
