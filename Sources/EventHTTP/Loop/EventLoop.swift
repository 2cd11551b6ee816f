internal import CLibevent
internal import Dispatch
internal import Glibc
internal import Synchronization

/// One thread of the front: an event base, an evhttp, a listener and their connections.
///
/// DESIGN. Everything of libevent here belongs to the loop's thread; other threads reach it through `inbox` only.
/// The base is made and the listener bound on the thread that starts the server, and handed over when the loop's
/// thread begins; from then on nobody else touches them. libevent runs without locks.
///
/// evhttp accepts connections and owns them, makes requests and formats and orders answers. It does not read from
/// sockets: see `Connection`. A connection is made in three steps: `evhttp_bind_listener`'s callback asks
/// `bufferEventCallback` for a bufferevent; evhttp gives this its descriptor and callbacks in the same stack; and
/// `adoptCallback`, which runs in the same pass of the loop before anything can be read, takes the descriptor over.
///
/// There is one timer per loop and none per connection: deadlines stand in one array, which the sweep walks. It runs
/// only while there is something to watch.
final class EventLoop {
    /// Bytes that are read from a socket at once.
    static let scratchBytes = 256 << 10
    /// How often the sweep runs.
    static let sweepMilliseconds: UInt64 = 100

    let index: Int
    let front: SharedFront
    let inbox: LoopInbox
    let counters = LoopCounters()
    /// Owned; freed in `free`, last.
    let base: OpaquePointer
    /// Owned; freed in `free`, with the connections and the listener.
    let http: OpaquePointer
    /// The listeners as evhttp holds them; none once accepting has ended. Owned by `http`.
    var bound: [OpaquePointer]
    /// The port that was bound.
    let port: UInt16

    // Memory that every request reuses.
    let scratch = UnsafeMutableRawPointer.allocate(byteCount: scratchBytes, alignment: 64)
    let headTable: HeadTable
    let reply = ReplyState.make()
    var wire = ByteBuffer(capacity: 8 << 10)
    var date = DateText()

    /// Monotonic milliseconds, as of the last sweep or wake-up.
    var now = MonotonicClock.milliseconds
    var connections: [Connection?] = []
    var freeSlots: [Int] = []
    /// For each slot the moment when its connection is to be looked at; `UInt64.max` for never.
    var deadlines: [UInt64] = []
    /// Bufferevents that evhttp got in this pass, each with a reference of ours.
    var newborn: [OpaquePointer] = []
    /// Slots whose clients may have gone while their requests are handled.
    var watched: Set<Int> = []
    /// Slots whose requests' bodies go to disk.
    var uploading: Set<Int> = []
    /// The request that evhttp has just handed over, between `bufferevent_trigger` and its return.
    var arrivedRequest: UnsafeMutablePointer<evhttp_request>?
    var acceptPause = AcceptPause.none
    var isDraining = false
    var drainDeadline = UInt64.max
    var isStopping = false
    var isSweeping = false
    /// Requests that the responder got in this turn and has not been told to hand on.
    var untoldRequests = 0
    /// The inbox knows that the loop does not sleep.
    var isAwake = false
    /// Memory for the messages that are being taken.
    var messages: [LoopInbox.Message] = []
    /// Whether this loop still counts in `front.drained`.
    var owesDrained = false

    private var adoptEvent: OpaquePointer?
    private var inboxEvent: OpaquePointer?
    private var sweepEvent: OpaquePointer?

    /// Makes a loop that listens on `address`. Nothing is accepted before `run`.
    static func make(
        index: Int, front: SharedFront, address: ListenAddress, backlog: Int32
    ) throws(HTTPServerError) -> EventLoop {
        let inbox = try LoopInbox()
        let base = try makeBase()
        guard let http = evhttp_new(base) else {
            event_base_free(base)
            throw .resourceExhausted(call: "evhttp_new", code: ENOMEM)
        }
        do throws(HTTPServerError) {
            let listening = try listen(base, http, address, backlog: backlog)
            return EventLoop(index: index, front: front, inbox: inbox, base: base, http: http, listening)
        } catch {
            evhttp_free(http)
            event_base_free(base)
            throw error
        }
    }

    private init(
        index: Int, front: SharedFront, inbox: LoopInbox, base: OpaquePointer, http: OpaquePointer,
        _ listening: (bound: OpaquePointer, port: UInt16)
    ) {
        self.index = index
        self.front = front
        self.inbox = inbox
        self.base = base
        self.http = http
        bound = [listening.bound]
        port = listening.port
        headTable = HeadTable(fieldsLimit: front.gate.fields)
        configureCallbacks()
        date.update(to: front.currentTime())
    }

    deinit {
        scratch.deallocate()
        ReplyState.free(reply)
        wire.free()
        date.free()
    }

    private static func makeBase() throws(HTTPServerError) -> OpaquePointer {
        guard let configuration = event_config_new() else {
            throw .resourceExhausted(call: "event_config_new", code: ENOMEM)
        }
        defer { event_config_free(configuration) }
        // Several changes of one descriptor in a pass become one epoll_ctl. Unsafe only with descriptors of one
        // description in the same set (libevent manual), which never happens here.
        let flags = Int32(bitPattern: EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST.rawValue)
        guard event_config_set_flag(configuration, flags) == 0,
            let base = event_base_new_with_config(configuration)
        else { throw .resourceExhausted(call: "event_base_new_with_config", code: errno) }
        return base
    }

    /// The callbacks get this object unretained: it outlives `http`, `base` and their events, which `free` ends.
    private func configureCallbacks() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        // One method is enough: the gate writes every request that evhttp sees.
        evhttp_set_allowed_methods(http, UInt16(EVHTTP_REQ_GET.rawValue))
        evhttp_set_default_content_type(http, nil)
        evhttp_set_bevcb(http, { _, context in EventLoop.from(context).makeBufferEvent() }, context)
        evhttp_set_gencb(http, { request, context in EventLoop.from(context).arrivedRequest = request }, context)
        adoptEvent = event_new(base, -1, 0, { _, _, context in EventLoop.from(context).adoptNewborn() }, context)
        inboxEvent = event_new(
            base, inbox.descriptor, Int16(EV_READ | EV_PERSIST),
            { _, _, context in EventLoop.from(context).wakeUp() }, context)
        sweepEvent = event_new(
            base, -1, Int16(EV_PERSIST), { _, _, context in EventLoop.from(context).sweepTick() }, context)
        precondition(adoptEvent != nil && inboxEvent != nil && sweepEvent != nil, "Three events find memory.")
        event_add(inboxEvent, nil)
        for listener in listeners { evconnlistener_set_error_cb(listener, acceptErrorCallback) }
    }

    /// The loop behind a callback's context. Unretained: the loop ends its callbacks before it goes.
    static func from(_ context: UnsafeMutableRawPointer?) -> EventLoop {
        guard let context else { preconditionFailure("Every callback was registered with its loop.") }
        return Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue()
    }

    /// The listeners; none once accepting has ended. Owned by `http`.
    var listeners: [OpaquePointer] { bound.compactMap { evhttp_bound_socket_get_listener($0) } }

    // MARK: Running

    /// Runs the loop on the calling thread until a `stop` message, then frees everything of it.
    func run() {
        inbox.adoptThread()
        LoopThread.setCurrent(self)
        runTurns()
        free()
        LoopThread.setCurrent(nil)
    }

    /// Frees what a loop that never ran holds. On the thread that made it.
    func abandon() {
        free()
    }

    private func free() {
        closeAll()
        inbox.close()
        for event in [adoptEvent, inboxEvent, sweepEvent] {
            if let event { event_free(event) }
        }
        for event in newborn { bufferevent_decref(event) }
        newborn.removeAll()
        evhttp_free(http)
        // Runs what bufferevents have left for the end as well.
        event_base_free(base)
        if owesDrained { front.drained.leave() }
        owesDrained = false
    }

    /// Closes every connection; the requests on them end with status 499.
    private func closeAll() {
        for connection in connections { connection?.close() }
    }

    // MARK: Connections

    /// Asks for `adoptNewborn` in this pass of the loop.
    func scheduleAdoption() {
        event_active(adoptEvent, Int32(EV_TIMEOUT), 0)
    }

    /// Keeps a connection and gives it a slot.
    func takeSlot() -> Int {
        if let slot = freeSlots.popLast() { return slot }
        connections.append(nil)
        deadlines.append(.max)
        return connections.count - 1
    }

    /// Lets go of the connection in `slot`.
    func release(_ connection: Connection) {
        let slot = connection.slot
        guard connections[slot] === connection else { return }
        connections[slot] = nil
        deadlines[slot] = .max
        watched.remove(slot)
        uploading.remove(slot)
        freeSlots.append(slot)
        counters.open.bump(by: -1)
        front.release(connection.peerAddress)
        connectionEnded()
    }

    /// Counts one connection less, and accepts again if that was what kept the loop from it.
    func connectionEnded() {
        let left = front.connections.subtract(1, ordering: .relaxed).newValue
        if acceptPause == .capacity && left < front.limits.connections { resumeAccepting() }
    }

    // MARK: Sweep timer

    /// Starts the sweep if it rests.
    func startSweeping() {
        guard !isSweeping else { return }
        isSweeping = true
        now = MonotonicClock.milliseconds
        date.update(to: front.currentTime())
        var interval = timeval(tv_sec: 0, tv_usec: Int(Self.sweepMilliseconds) * 1000)
        event_add(sweepEvent, &interval)
    }

    /// Lets the sweep rest.
    func stopSweeping() {
        isSweeping = false
        event_del(sweepEvent)
    }
}
