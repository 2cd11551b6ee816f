/// Why a server could not start.
public enum HTTPServerError: Error, Sendable, CustomStringConvertible {
    /// The configuration cannot work; the text says which setting and why.
    case invalidConfiguration(String)
    /// TLS cannot be offered with the files that were named.
    case invalidTLS(TLSConfigurationError)
    /// The address could not be bound or listened on. `code` is the `errno`.
    case cannotListen(address: String, code: Int32)
    /// A call that needs memory or descriptors failed. `call` is its name, `code` the `errno`.
    case resourceExhausted(call: String, code: Int32)
    /// The server was started before.
    case alreadyStarted

    /// One sentence for an operator.
    public var description: String {
        switch self {
        case .invalidConfiguration(let text): text
        case .invalidTLS(let error): error.description
        case .cannotListen(let address, let code): "cannot listen on \(address): \(describe(errno: code))"
        case .resourceExhausted(let call, let code): "\(call) failed: \(describe(errno: code))"
        case .alreadyStarted: "the server was started before"
        }
    }
}
