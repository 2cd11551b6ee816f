internal import CLibevent
internal import Glibc

/// The thread of a loop, and the loop of a thread.
enum LoopThread {
    /// Says which loop the thread runs, for the one callback of libevent that gets nobody's context but evhttp's own.
    /// Made once, never deleted.
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        precondition(pthread_key_create(&key, nil) == 0, "A process has room for one more thread key.")
        return key
    }()

    /// Notes the calling thread's loop, which outlives the note.
    static func setCurrent(_ loop: EventLoop?) {
        pthread_setspecific(key, loop.map { UnsafeRawPointer(Unmanaged.passUnretained($0).toOpaque()) })
    }

    /// The calling thread's loop. Unretained: the loop is alive while its thread runs it.
    static var current: EventLoop? {
        pthread_getspecific(key).map { Unmanaged<EventLoop>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Starts a thread that runs `loop` and then lets go of it. Throws `resourceExhausted`; the loop is then freed.
    static func start(_ loop: EventLoop) throws(HTTPServerError) -> pthread_t {
        // Retained here, released by the thread at its start, which is the one release path; on failure below.
        let context = Unmanaged.passRetained(loop)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                // The reference that was retained for this thread above.
                let loop = Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue()
                idp_name_thread("http-loop-\(loop.index)")
                loop.run()
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            let loop = context.takeRetainedValue()
            loop.abandon()
            throw .resourceExhausted(call: "pthread_create", code: code)
        }
        return thread
    }
}
