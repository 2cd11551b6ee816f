import Foundation
import OutboundHTTP

/// Where a callback goes, taken apart.
struct CallbackURL: Sendable, Equatable {
    /// Without user information, as it is asked.
    let url: String
    /// `Authorization` of receivers that want a name and a password instead of a signature (RFC 7617); they stand
    /// before the host in the URL that the caller gave.
    let authorization: String?
    /// Scheme, host and port, lower case, without credentials.
    let endpoint: String

    /// The longest that is taken.
    static let bytesMax = 2048

    /// Nil for what is no http or https URL, or holds anything but visible ASCII.
    init?(_ text: String) {
        guard text.utf8.count <= Self.bytesMax, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let separator = text.firstRange(of: "://")
        else { return nil }
        let scheme = text[..<separator.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let rest = text[separator.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let at = authority.lastIndex(of: "@")
        let host = at.map { authority[authority.index(after: $0)...] } ?? authority
        guard !host.isEmpty else { return nil }
        if let at {
            guard let authorization = Self.basic(authority[..<at]) else { return nil }
            self.authorization = authorization
        } else {
            authorization = nil
        }
        endpoint = "\(scheme)://\(host.lowercased())"
        url = "\(scheme)://\(host)\(rest[authority.endIndex...])"
    }

    /// As it may be shown: without credentials, and without the query, where keys stand.
    var shown: String { String(url.prefix { $0 != "?" && $0 != "#" }) }

    private static func basic(_ userInformation: Substring) -> String? {
        let parts = userInformation.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let user = String(parts[0]).removingPercentEncoding,
            let password = (parts.count > 1 ? String(parts[1]) : "").removingPercentEncoding
        else { return nil }
        return "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }
}

extension DestinationPolicy {
    /// Why a callback may not go there, for whoever asked for it, without a word of the URL; nil if it may.
    func refusal(ofCallback text: String) -> String? {
        guard let target = CallbackURL(text) else {
            return "must be an http or https URL of at most \(CallbackURL.bytesMax) visible ASCII characters"
        }
        return refusal(of: target.url)
    }
}
