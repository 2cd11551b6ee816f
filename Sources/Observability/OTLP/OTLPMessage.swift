internal import Foundation

/// Spans in OTLP's messages.
enum OTLPMessage {
    /// The generated names are long.
    typealias ProtoSpan = Opentelemetry_Proto_Trace_V1_Span
    /// An attribute.
    typealias KeyValue = Opentelemetry_Proto_Common_V1_KeyValue
    /// An attribute's value.
    typealias AnyValue = Opentelemetry_Proto_Common_V1_AnyValue

    /// The request for a batch of one process.
    static func request(
        _ spans: [RecordedSpan.Record], resource: [RecordedSpan.Attribute]
    ) -> Opentelemetry_Proto_Collector_Trace_V1_ExportTraceServiceRequest {
        var scope = Opentelemetry_Proto_Trace_V1_ScopeSpans()
        scope.scope.name = "idp-server"
        scope.spans = spans.map(span)
        var group = Opentelemetry_Proto_Trace_V1_ResourceSpans()
        group.resource.attributes = resource.map(keyValue)
        group.scopeSpans = [scope]
        var request = Opentelemetry_Proto_Collector_Trace_V1_ExportTraceServiceRequest()
        request.resourceSpans = [group]
        return request
    }

    private static func span(_ record: RecordedSpan.Record) -> ProtoSpan {
        var span = ProtoSpan()
        span.traceID = bytes(record.context.traceIDHigh) + bytes(record.context.traceIDLow)
        span.spanID = bytes(record.context.spanID)
        span.traceState = record.context.state
        if let parent = record.parentSpanID { span.parentSpanID = bytes(parent) }
        // Bits 8 and 9 of SpanFlags: whether it is known that the parent is remote, and whether it is.
        span.flags = UInt32(record.context.flags) | 0x100 | (record.hasRemoteParent ? 0x200 : 0)
        span.name = record.name
        span.kind = kind(record.kind)
        span.startTimeUnixNano = record.startUnixNanoseconds
        span.endTimeUnixNano = record.endUnixNanoseconds
        span.attributes = record.attributes.map(keyValue)
        span.events = record.events.map(event)
        span.links = record.links.map(link)
        span.droppedAttributesCount = UInt32(record.droppedAttributes)
        span.droppedEventsCount = UInt32(record.droppedEvents)
        span.droppedLinksCount = UInt32(record.droppedLinks)
        switch record.status {
        case .unset: break
        case .ok: span.status.code = .ok
        case .error(let message):
            span.status.code = .error
            span.status.message = message ?? ""
        }
        return span
    }

    private static func event(_ event: RecordedSpan.Event) -> ProtoSpan.Event {
        var message = ProtoSpan.Event()
        message.name = event.name
        message.timeUnixNano = event.unixNanoseconds
        message.attributes = event.attributes.map(keyValue)
        return message
    }

    private static func link(_ link: RecordedSpan.Link) -> ProtoSpan.Link {
        var message = ProtoSpan.Link()
        message.traceID = bytes(link.context.traceIDHigh) + bytes(link.context.traceIDLow)
        message.spanID = bytes(link.context.spanID)
        message.traceState = link.context.state
        message.flags = UInt32(link.context.flags)
        message.attributes = link.attributes.map(keyValue)
        return message
    }

    /// An attribute as OTLP has it.
    static func keyValue(_ attribute: RecordedSpan.Attribute) -> KeyValue {
        var pair = KeyValue()
        pair.key = attribute.key
        pair.value = anyValue(attribute.value)
        return pair
    }

    private static func anyValue(_ value: RecordedSpan.Value) -> AnyValue {
        var message = AnyValue()
        switch value {
        case .string(let text): message.stringValue = text
        case .int(let number): message.intValue = number
        case .double(let number): message.doubleValue = number
        case .bool(let truth): message.boolValue = truth
        case .strings(let texts): message.arrayValue.values = texts.map { anyValue(.string($0)) }
        }
        return message
    }

    private static func kind(_ kind: RecordedSpan.Kind) -> ProtoSpan.SpanKind {
        switch kind {
        case .internal: .internal
        case .server: .server
        case .client: .client
        case .producer: .producer
        case .consumer: .consumer
        }
    }

    /// Ids travel as bytes, the highest first.
    static func bytes(_ id: UInt64) -> Data {
        withUnsafeBytes(of: id.bigEndian) { Data($0) }
    }
}
