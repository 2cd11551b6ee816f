internal import Observability
internal import Pipeline

/// The pipeline with its span: a child of the request's or the job's span, the parent of the stages'.
struct TracedJudge: DocumentJudge {
    let pipeline: any DocumentJudge
    let tracing: TracingSystem

    func judge(_ request: JudgeRequest) throws(ServiceError) -> Judgement {
        guard let span = tracing.startSpan("pipeline", parent: request.parent) else {
            return try pipeline.judge(request)
        }
        defer { span.end() }
        span.set("idp.run_id", request.runID)
        var request = request
        request.parent = span.context
        do throws(ServiceError) {
            let judgement = try pipeline.judge(request)
            span.set("idp.pages", judgement.pages)
            return judgement
        } catch {
            span.set("error.type", error.code.rawValue)
            span.setStatus(.error(nil))
            throw error
        }
    }
}
