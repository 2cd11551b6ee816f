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
        ("/v1/jobs/{run_id}/pages/{page}", "/v1/jobs/a/pages/1", true),
        ("/v1/jobs/{run_id}/pages/{page}", "/v1/jobs/a/pages/", false),
        ("/v1/jobs/{run_id}/pages/{page}", "/v1/jobs/a/pages", false),
        ("/v1/jobs/{run_id}/pages/{page}", "/v1/jobs//pages/1", false),
        ("/v1/jobs/{run_id}/pages/{page}", "/v1/jobs/a/pages/1/", false),
        ("/v1/jobs/{run_id}/pages/{page}", "/v1/jobs/a/b/pages/1", false),
        ("/v1/jobs/{run_id}/pages/{page}", "/v1/jobs/a/page/1", false),
        ("/v1/jobs/{run_id}", "", false), ("/v1/jobs/{run_id}", "/v1/", false),
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

    @Test func givesEachVariableSegment() {
        let template = RouteTemplate("/v1/jobs/{run_id}/pages/{page}")
        let segments = Array("/v1/jobs/abc-1/pages/12".utf8).withUnsafeBytes { path in
            (0..<3).map { template.variable($0, in: path).map { String(decoding: $0, as: UTF8.self) } }
        }
        #expect(segments == ["abc-1", "12", nil])
    }
}
