import Testing

@testable import IDPServer

struct RouteTemplateTests {
    @Test(arguments: [
        ("/health", "/health", true), ("/health", "/health/", false), ("/health", "/healt", false),
        ("/health", "/healthy", false), ("/", "/", true),
        ("/v1/jobs/{run_id}", "/v1/jobs/x", true), ("/v1/jobs/{run_id}", "/v1/jobs/", false),
        ("/v1/jobs/{run_id}", "/v1/jobs", false), ("/v1/jobs/{run_id}", "/v1/jobs/x/result", false),
        ("/v1/jobs/{run_id}", "/v1/jobs/x/", false), ("/v1/jobs/{run_id}", "/V1/jobs/x", false),
        ("/v1/jobs/{run_id}/result", "/v1/jobs/x/result", true),
        ("/v1/jobs/{run_id}/result", "/v1/jobs//result", false),
        ("/v1/jobs/{run_id}/result", "/v1/jobs/a/b/result", false),
    ])
    func matchesWholePathsOnly(template: String, path: String, matches: Bool) {
        let matched = Array(path.utf8).withUnsafeBytes { RouteTemplate(template).matches($0) }
        #expect(matched == matches)
    }

    @Test func givesTheVariableSegment() {
        let template = RouteTemplate("/v1/jobs/{run_id}/cancel")
        let segment = Array("/v1/jobs/abc-1/cancel".utf8).withUnsafeBytes { path in
            template.variable(in: path).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(segment == "abc-1")
    }
}
