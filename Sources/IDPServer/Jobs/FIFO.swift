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

    /// The place of the first such element, counted from the oldest.
    func firstIndex(where matches: (Element) -> Bool) -> Int? {
        storage[head...].firstIndex { $0.map(matches) ?? false }.map { $0 - head }
    }

    /// Takes the first such element out; whether there was one.
    mutating func removeFirst(where matches: (Element) -> Bool) -> Bool {
        guard let index = firstIndex(where: matches) else { return false }
        storage.remove(at: head + index)
        return true
    }

    /// Takes all such elements out.
    mutating func removeAll(where matches: (Element) -> Bool) -> [Element] {
        let all = storage[head...].compactMap(\.self)
        storage = all.filter { !matches($0) }
        head = 0
        return all.filter(matches)
    }
}
