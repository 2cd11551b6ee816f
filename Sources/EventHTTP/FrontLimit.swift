/// The limits of `ServerLimits` that a client can run into once it is connected, as they are counted.
public enum FrontLimit: Int, Sendable, CaseIterable {
    case headBytes, targetBytes, fields, bodyBytes, headTime, bodyTime, idleTime, writeStallTime, handlerTime
    case pipelinedBytes, drainBytes, drainTime

    /// The limit's name in lower case, for labels.
    public var name: String {
        switch self {
        case .headBytes: "head_bytes"
        case .targetBytes: "target_bytes"
        case .fields: "fields"
        case .bodyBytes: "body_bytes"
        case .headTime: "head_time"
        case .bodyTime: "body_time"
        case .idleTime: "idle_time"
        case .writeStallTime: "write_stall_time"
        case .handlerTime: "handler_time"
        case .pipelinedBytes: "pipelined_bytes"
        case .drainBytes: "drain_bytes"
        case .drainTime: "drain_time"
        }
    }

    /// The limit that a refusal tells of; nil if it is none.
    init?(_ refusal: Refusal) {
        switch refusal {
        case .targetTooLong: self = .targetBytes
        case .headTooLarge: self = .headBytes
        case .tooManyFields: self = .fields
        case .bodyTooLarge: self = .bodyBytes
        case .headTimeout: self = .headTime
        case .bodyTimeout: self = .bodyTime
        case .handlerTimeout: self = .handlerTime
        case .badRequest, .methodNotSupported, .methodNotAllowed, .versionNotSupported, .transferCodingNotSupported,
            .expectationFailed, .malformedMultipart, .invalidPart, .unsupportedMediaType, .spoolFailed, .unanswered,
            .stopping:
            return nil
        }
    }
}
