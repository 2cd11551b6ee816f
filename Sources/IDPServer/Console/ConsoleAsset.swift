internal import EventHTTP
internal import Foundation

/// A file of the console as it is served: from memory, with a validator, so that a browser that has it asks and gets
/// `304` (RFC 9110, 8.8.3 and 15.4.5).
struct ConsoleAsset: Sendable {
    /// Where it is served.
    let path: String
    let contentType: StaticString
    let bytes: [UInt8]
    /// A strong validator of `bytes`, quoted.
    let entityTag: String

    init(path: String, contentType: StaticString, bytes: [UInt8]) {
        self.path = path
        self.contentType = contentType
        self.bytes = bytes
        entityTag = "\"\(Self.fingerprint(bytes))\""
    }

    /// Every file of the console and of `/docs`, `/` first. The bytes are in the program: nothing is read at run time.
    static var all: [ConsoleAsset] {
        [
            ConsoleAsset(path: "/", contentType: "text/html; charset=utf-8", bytes: PackageResources.index_html),
            style("console.css", PackageResources.console_css),
            ConsoleAsset(path: "/console/icon.svg", contentType: "image/svg+xml", bytes: PackageResources.icon_svg),
            script("api.js", PackageResources.api_js),
            script("chart.js", PackageResources.chart_js),
            script("check.js", PackageResources.check_js),
            ConsoleAsset(path: "/docs", contentType: "text/html; charset=utf-8", bytes: PackageResources.docs_html),
            style("docs.css", PackageResources.docs_css),
            script("docs.js", PackageResources.docs_js),
            script("docs-schema.js", PackageResources.docs_schema_js),
            script("docs-try.js", PackageResources.docs_try_js),
            script("dom.js", PackageResources.dom_js),
            script("exposition.js", PackageResources.exposition_js),
            script("jobs.js", PackageResources.jobs_js),
            script("main.js", PackageResources.main_js),
            script("run.js", PackageResources.run_js),
            script("system.js", PackageResources.system_js),
            script("words.js", PackageResources.words_js),
        ]
    }

    /// What it is to callers.
    var description: RouteDescription {
        .asset(path, mediaType: "\(contentType)".split(separator: ";").first.map(String.init) ?? "")
    }

    private static func script(_ name: String, _ bytes: [UInt8]) -> ConsoleAsset {
        ConsoleAsset(path: "/console/\(name)", contentType: "text/javascript; charset=utf-8", bytes: bytes)
    }

    private static func style(_ name: String, _ bytes: [UInt8]) -> ConsoleAsset {
        ConsoleAsset(path: "/console/\(name)", contentType: "text/css; charset=utf-8", bytes: bytes)
    }

    /// FNV-1a over the bytes (Fowler, Noll, Vo): tells versions apart; it guards nothing.
    private static func fingerprint(_ bytes: [UInt8]) -> String {
        let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
