/// The variable segments that paths may have. A template with another one has no description and is a programmer's
/// error, told at start.
enum APIPathVariable {
    /// The parameters of a template, in its order.
    static func parameters(of template: String) -> [APIParameter] {
        template.split(separator: "/").filter { $0.hasPrefix("{") }.map { segment in
            let name = String(segment.dropFirst().dropLast())
            guard let known = all.first(where: { $0.name == name }) else {
                preconditionFailure("a path variable without a description: \(name)")
            }
            return known
        }
    }

    private static let all: [APIParameter] = [
        APIParameter(
            name: "run_id", place: .path, summary: "A run's id, as the call that made the run answered it.",
            schema: ["type": "string", "format": "uuid"], example: .string(APIExamples.runID)),
        APIParameter(
            name: "page", place: .path, summary: "A page of the document, counted from 1.",
            schema: ["type": "integer", "minimum": 1], example: 1),
    ]
}
