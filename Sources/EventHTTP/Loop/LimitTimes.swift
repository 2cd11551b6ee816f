/// The durations of `ServerLimits` in milliseconds: counted out once, since a deadline is set for every request.
struct LimitTimes {
    let head: UInt64
    let body: UInt64
    let bodyRateGrace: UInt64
    let idle: UInt64
    let writeStall: UInt64
    let handler: UInt64
    let drain: UInt64

    init(_ limits: ServerLimits) {
        head = limits.headTime.milliseconds
        body = limits.bodyTime.milliseconds
        bodyRateGrace = limits.bodyRateGrace.milliseconds
        idle = limits.idleTime.milliseconds
        writeStall = limits.writeStallTime.milliseconds
        handler = limits.handlerTime.milliseconds
        drain = limits.drainTime.milliseconds
    }
}
