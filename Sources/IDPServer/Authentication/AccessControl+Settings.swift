internal import Dependencies
internal import Logging
internal import Observability
internal import OutboundHTTP

extension AccessControl {
    /// Access control as the settings want it; nil where everybody may call.
    ///
    /// - Throws: what is wrong with the file of keys.
    static func make(
        _ settings: Settings, registry: MetricRegistry, dependencies: DependencyTelemetry, logger: Logger
    ) throws -> AccessControl? {
        let source: any CallerSource
        switch settings.authentication.method {
        case .none: return nil
        case .keys(let path): source = try KeyCallers(path: path, defaults: settings.authentication.defaults)
        case .tokens(let tokens):
            let keys: any KeySetSource =
                tokens.isRemote
                ? KeySetURL(tokens.keySet, http: HTTPClient(settings.outbound), telemetry: dependencies)
                : KeySetFile(path: tokens.keySet)
            source = TokenCallers(tokens, source: keys, defaults: settings.authentication.defaults, logger: logger)
        }
        return AccessControl(source, registry: registry, now: WallClock.milliseconds)
    }
}
