internal import EventHTTP
internal import Observability
internal import Pipeline

/// `GET /v1/jobs/{run_id}/pages/{page}`: a page of a judged document as it was read, as a JPEG: what the boxes of the
/// result are drawn on. Made anew each time from the stored document; kept nowhere.
struct PageRoutes: Sendable {
    let runs: RunService
    let pictures: PagePictures

    var routes: [Route] {
        let get: @Sendable (RequestHead, Caller?) throws(ServiceError) -> BodyPlan = { (_, _) throws(ServiceError) in
            .none
        }
        return [
            Route(
                .pagePicture,
                .queued(admit: get, handle: { (call) throws(ServiceError) in try picture(call) }))
        ]
    }

    private func picture(_ call: Call) throws(ServiceError) {
        let id = try call.ownRunID(in: runs)
        let document = try runs.readDocument(of: id)
        // Pages are counted from 1, in the digits that a number is written with.
        guard let text = call.pathVariable(1), let page = Int(text), String(page) == text,
            document.sheets.indices.contains(page - 1)
        else { throw ServiceError(.notFound, "The document has no such page") }
        try pictures.make(page, document.sheets[page - 1], documentPath: document.path, call)
    }
}
