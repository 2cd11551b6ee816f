// Submits a document as a job, waits for its end, prints the verdict with its reasons.
//   swiftc -parse-as-library -o judge judge.swift && ./judge FILE FIO [URL]
import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// What the server says of a run; the other members are left out.
struct Run: Decodable {
    var runID: String
    var status: String
    var verdict: Bool?
    var errors: [String]?

    enum CodingKeys: String, CodingKey {
        case runID = "run_id"
        case status, verdict, errors
    }
}

/// The server's own words when it takes no document.
struct Refusal: Decodable, Error {
    struct Detail: Decodable {
        var code: String
        var message: String
        var retryable: Bool
    }

    var detail: Detail
}

/// A client of one server.
struct Client {
    var url: URL

    /// Submits a document; tried again as the server says, under one key, so that it never runs twice.
    func submit(_ document: Data, fio: String) async throws -> Run {
        let boundary = "idp-\(UUID().uuidString)"
        var request = URLRequest(url: url.appendingPathComponent("v1/jobs"), timeoutInterval: 60)
        request.httpMethod = "POST"
        request.setValue(UUID().uuidString, forHTTPHeaderField: "Idempotency-Key")
        request.setValue("multipart/form-data; boundary=\(boundary)", forHTTPHeaderField: "Content-Type")
        var body = Data()
        func part(_ disposition: String, _ content: Data) {
            body += Data("--\(boundary)\r\nContent-Disposition: form-data; \(disposition)\r\n\r\n".utf8)
            body += content + Data("\r\n".utf8)
        }
        part(#"name="fio""#, Data(fio.utf8))
        part(#"name="file"; filename="paper""#, document)
        request.httpBody = body + Data("--\(boundary)--\r\n".utf8)
        for attempt in 1... {
            let (data, response) = try await URLSession.shared.data(for: request)
            let answer = response as? HTTPURLResponse
            if answer?.statusCode == 202 { return try JSONDecoder().decode(Run.self, from: data) }
            let refusal = try JSONDecoder().decode(Refusal.self, from: data)
            guard refusal.detail.retryable, attempt < 20 else { throw refusal }
            let seconds = answer?.value(forHTTPHeaderField: "Retry-After").flatMap(Double.init) ?? 1
            try await Task.sleep(for: .seconds(seconds))
        }
        preconditionFailure("an endless loop has ended")
    }

    /// Waits for the end of a run by long polls.
    func end(of run: Run) async throws -> Run {
        var run = run
        while !["completed", "failed", "cancelled"].contains(run.status) {
            let path = url.appendingPathComponent("v1/jobs/\(run.runID)").absoluteString + "?wait=30"
            guard let status = URL(string: path) else { preconditionFailure("not a URL: \(path)") }
            run = try JSONDecoder().decode(Run.self, from: try await URLSession.shared.data(from: status).0)
        }
        return run
    }
}

@main enum Judge {
    static func main() async {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3, let url = URL(string: arguments.dropFirst(3).first ?? "http://127.0.0.1:8000") else {
            print("usage: judge FILE FIO [URL]")
            exit(2)
        }
        do {
            let client = Client(url: url)
            let document = try Data(contentsOf: URL(fileURLWithPath: arguments[1]))
            let run = try await client.end(of: try await client.submit(document, fio: arguments[2]))
            guard let verdict = run.verdict else {
                print(run.status, run.errors ?? [])
                exit(2)
            }
            print(run.runID, "verdict", verdict, (run.errors ?? []).joined(separator: " "))
            exit(verdict ? 0 : 1)
        } catch {
            print("no verdict: \(error)")
            exit(2)
        }
    }
}
