extension RouteDescription {
    /// The routes that IDP_AUTH_EXEMPT may open to everybody.
    static var exemptible: [RouteDescription] {
        ([health, livez, ready, readyz, metrics, openAPI] + ConsoleAsset.all.map(\.description))
            .filter(\.access.isExemptible)
    }

    /// What a server with these settings serves, in the order of its route table. A test holds it against a running
    /// server, so `idp-server openapi` says what `/openapi.json` does.
    static func served(by front: Settings.Front) -> [RouteDescription] {
        [health, livez, ready, readyz, startupz] + (front.metricsPort == nil ? [metrics] : [])
            + [process, submitJob, listJobs, jobStatus, jobResult, cancelJob, replayJob, jobEvents]
            + [listCallbacks, jobCallbacks, resendCallbacks, pagePicture]
            + ConsoleAsset.all.map(\.description)
            + (front.isProbeOn ? [echo, ping, sink, form, series, metricFamilies] : [])
            + [openAPI]
    }
}
