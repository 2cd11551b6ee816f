import Dependencies
import EventHTTP
import Foundation
import Observability
import OutboundHTTP

extension S3Client {
    /// Puts a large file part by part, so that a broken connection costs one part. What was begun and does not end is
    /// aborted; what even that does not reach is swept later (`abandonedUploads`).
    func putParts(
        _ key: S3Key, file path: String, size: Int, sha256: [UInt8], contentType: String, _ call: Call
    ) throws {
        let upload = try beginParts(key, sha256: sha256, contentType: contentType, call)
        do {
            var parts: [(tag: String, hash: String)] = []
            for offset in stride(from: 0, to: size, by: Self.partBytes) {
                let count = min(Self.partBytes, size - offset)
                parts.append(try putPart(key, upload, parts.count + 1, path, offset, count, call))
            }
            try endParts(key, upload, parts, size: size, sha256: sha256, call)
        } catch {
            // Best effort, with a time of its own: the first error is the one that tells.
            try? abortParts(key, upload, Call(by: .after(.seconds(5))))
            throw error
        }
    }

    /// Uploads in parts below a prefix that have not ended: keys and upload ids, at most a thousand.
    func unfinishedUploads(_ bucket: String, prefix: String, _ call: Call) throws -> [(key: String, id: String)] {
        let query = "prefix=\(S3Encoding.query(prefix))&uploads="
        let request = request("GET", S3Key(bucket: bucket, key: ""), query: query, hash: Self.emptyHash)
        let response = try client.send(request, call.options("list_uploads"))
        try expectSuccess(response)
        return S3Text.values(of: "Upload", in: response.body).compactMap { text in
            let body = Array(text.utf8)
            guard let key = S3Text.value(of: "Key", in: body), let id = S3Text.value(of: "UploadId", in: body) else {
                return nil
            }
            return (key, id)
        }
    }

    /// Ends an upload in parts without an object; that there is none is no error.
    func abortParts(_ key: S3Key, _ upload: String, _ call: Call) throws {
        let query = "uploadId=\(S3Encoding.query(upload))"
        let response = try client.send(
            request("DELETE", key, query: query, hash: Self.emptyHash), call.options("abort_upload"))
        if response.status != 404 { try expectSuccess(response) }
    }

    private func beginParts(_ key: S3Key, sha256: [UInt8], contentType: String, _ call: Call) throws -> String {
        var request = request("POST", key, query: "uploads=", hash: Self.emptyHash)
        request.fields.append(("content-type", contentType))
        request.fields.append(("x-amz-checksum-algorithm", "SHA256"))
        request.fields.append(("x-amz-meta-sha256", Self.hex(sha256)))
        // Begun twice, the first is left to the sweep: it holds nothing.
        request.body = []
        let response = try client.send(request, call.options("begin_upload"))
        try expectSuccess(response)
        guard let id = S3Text.value(of: "UploadId", in: response.body), !id.isEmpty else {
            throw S3Error.refused(status: response.status, code: "no UploadId")
        }
        return id
    }

    private func putPart(
        _ key: S3Key, _ upload: String, _ number: Int, _ path: String, _ offset: Int, _ count: Int, _ call: Call
    ) throws -> (tag: String, hash: String) {
        let hash = try Self.hash(of: path, offset, count)
        let query = "partNumber=\(number)&uploadId=\(S3Encoding.query(upload))"
        var request = request("PUT", key, query: query, hash: hash)
        let checksum = Data(hash).base64EncodedString()
        request.fields.append(("x-amz-checksum-sha256", checksum))
        request.file = .init(path: path, offset: offset, count: count)
        let response = try client.send(request, call.options("put_part"))
        try expectSuccess(response)
        guard let tag = response.field("ETag") else { throw S3Error.refused(status: response.status, code: "no ETag") }
        return (tag, checksum)
    }

    private func endParts(
        _ key: S3Key, _ upload: String, _ parts: [(tag: String, hash: String)], size: Int, sha256: [UInt8],
        _ call: Call
    ) throws {
        let list = parts.enumerated().map { index, part in
            "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(part.tag.replacing("\"", with: "&quot;"))</ETag>"
                + "<ChecksumSHA256>\(part.hash)</ChecksumSHA256></Part>"
        }
        let text = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\(list.joined())"
        let body = Array((text + "</CompleteMultipartUpload>").utf8)
        let digest = SHA256Digest()
        body.withUnsafeBytes { digest.update($0) }
        var request = request(
            "POST", key, query: "uploadId=\(S3Encoding.query(upload))", hash: digest.finish())
        request.fields.append(("content-type", "application/xml"))
        request.body = body
        do {
            let response = try client.send(request, call.options("end_upload"))
            try expectSuccess(response)
            // A 200 begins before the parts are joined; what went wrong then stands in it.
            if let code = S3Text.value(of: "Code", in: response.body) {
                throw S3Error.refused(status: response.status, code: code)
            }
        } catch {
            // An end whose answer was lost has ended it all the same; asked again it is "no such upload".
            guard let info = try? head(key, call), info.size == size, info.sha256 == sha256 else { throw error }
        }
    }

    private static func hash(of path: String, _ offset: Int, _ count: Int) throws(FileError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw FileError(call: "open", path: path, number: errno) }
        defer { close(file) }
        let digest = SHA256Digest()
        var done = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while done < count {
            let read = buffer.withUnsafeMutableBytes {
                pread(file, $0.baseAddress, min($0.count, count - done), off_t(offset + done))
            }
            if read < 0, errno == EINTR { continue }
            guard read > 0 else { throw FileError(call: "pread", path: path, number: read < 0 ? errno : EIO) }
            buffer.withUnsafeBytes { digest.update(UnsafeRawBufferPointer(rebasing: $0[..<read])) }
            done += read
        }
        return digest.finish()
    }
}
