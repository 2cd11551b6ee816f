extension RouteDescription {
    /// What a server with these settings serves, in the order of its route table. A test holds it against a running
    /// server, so `idp-server openapi` says what `/openapi.json` does.
    static func served(by front: Settings.Front) -> [RouteDescription] {
        [health, livez, ready, readyz] + (front.metricsPort == nil ? [metrics] : [])
            + [process, submitJob, listJobs, jobStatus, jobResult, cancelJob, replayJob, jobEvents, pagePicture]
            + ConsoleAsset.all.map(\.description)
            + (front.isProbeOn ? [echo, ping, sink, form, series, metricFamilies] : [])
            + [openAPI]
    }
}
