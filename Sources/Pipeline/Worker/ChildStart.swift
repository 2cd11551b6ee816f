internal import CLinux
internal import Foundation

/// A program to start: what posix_spawn(3) takes, with namespaces, a processor limit and a filter of system calls.
struct ChildStart {
    /// A path, not searched for.
    var program: String
    var arguments: [String]
    /// The child's environment, whole.
    var environment: [String: String]
    /// The child's descriptors from 0 on; nil is `/dev/null`. It inherits no others.
    var descriptors: [Int32?]
    var namespaces: Namespaces = []
    /// Whether it leads a session and a process group of its own.
    var isLeader = false
    /// Processor seconds after which it gets SIGXCPU, a second later SIGKILL.
    var cpuSeconds: Int?
    /// A filter for it, on top of the caller's own.
    var filter: [sock_filter] = []

    /// Starts it and returns its process id once its program has begun. The calling thread is held so long.
    ///
    /// - Throws: `ChildFailure`.
    func callAsFunction() throws(ChildFailure) -> pid_t {
        let sources = descriptors.map { $0 ?? -1 }
        var order = idp_start()
        order.descriptor_count = Int32(sources.count)
        order.namespaces = namespaces.rawValue
        order.new_session = isLeader ? 1 : 0
        order.cpu_seconds = UInt64(cpuSeconds ?? 0)
        order.filter_count = UInt16(filter.count)
        let child = program.withCString { program in
            withCStrings(arguments) { arguments in
                withCStrings(environment.map { "\($0.key)=\($0.value)" }) { environment in
                    arguments.withUnsafeBufferPointer { arguments in
                        environment.withUnsafeBufferPointer { environment in
                            sources.withUnsafeBufferPointer { sources in
                                filter.withUnsafeBufferPointer { filter in
                                    order.program = program
                                    order.arguments = arguments.baseAddress
                                    order.environment = environment.baseAddress
                                    order.descriptors = sources.baseAddress
                                    order.filter = UnsafeRawPointer(filter.baseAddress)
                                    return idp_start(&order)
                                }
                            }
                        }
                    }
                }
            }
        }
        guard child > 0 else { throw ChildFailure(call: "start \(program)", number: order.failure) }
        return child
    }
}

/// Lends `strings` as a C vector that ends in a null pointer; it is valid during `body` only.
func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) throws -> Result
) rethrows -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return try body(copies + [nil])
}
