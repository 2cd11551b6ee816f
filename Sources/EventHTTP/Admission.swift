/// What a responder decides when a request's head is complete and nothing of its body has been read.
public enum Admission: Sendable {
    /// `admit` has written the whole answer into its reply: inline routes and refusals.
    case answered
    /// The body is to be read as planned; then `handle` is called. `context` comes back with every later call.
    case accepted(body: BodyPlan, context: any ExchangeContext)
}

/// The responder's own object for one accepted request. Requests that are answered inline have none.
public protocol ExchangeContext: AnyObject, Sendable {}
