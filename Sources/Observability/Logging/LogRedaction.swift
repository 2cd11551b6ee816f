/// Which metadata never reaches a log: what is personal, and what is secret.
public struct LogRedaction: Sendable {
    /// What stands in the place of a value.
    public static let mask = "[redacted]"

    /// Keys (their last part, in lower case with underscores) whose values are masked.
    public var keys: Set<String>

    /// Masks the values of `keys`.
    public init(keys: Set<String> = Self.standardKeys) {
        self.keys = keys
    }

    /// Names and numbers of people, names and contents of their files, credentials.
    public static let standardKeys: Set<String> = [
        "fio", "name", "full_name", "first_name", "last_name", "second_name", "middle_name", "surname", "patronymic",
        "iin", "birth_date", "phone", "email", "address", "applicant",
        "file", "file_name", "filename", "content", "text", "ocr_text", "words", "body", "prompt",
        "authorization", "cookie", "password", "secret", "token", "api_key", "apikey", "access_key", "secret_key",
        "signature", "query",
    ]

    /// Whether the value under `key` (already in the form that the line shows) is masked.
    func masks(_ key: String) -> Bool {
        if keys.contains(key) { return true }
        // A nested key counts by any of its own parts' names: `request.fio` arrives as `request_fio`.
        return keys.contains { key.hasSuffix("_" + $0) && !Self.harmless.contains(key) }
    }

    /// Keys that end like a personal one and are not.
    private static let harmless: Set<String> = ["app_name", "service_name", "stage_name", "metric_name", "setting_name"]
}
