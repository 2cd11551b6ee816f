import EventHTTP
import Foundation
import Glibc
import TLSClient
import TestSupport
import Testing

/// What an operator can get wrong with files, and what a reload does.
@Suite struct TLSConfigurationTests {
    /// The error that the check of these files gives; nil for none.
    private func fault(in configuration: TLSConfiguration) -> TLSConfigurationError? {
        do throws(TLSConfigurationError) {
            try configuration.check()
            return nil
        } catch { return error }
    }

    @Test func goodFilesPass() async throws {
        let certificates = try await TestCertificates.get()
        for clients in TLSConfiguration.ClientCertificates.allCases {
            #expect(fault(in: certificates.offer(clients: clients)) == nil)
        }
    }

    @Test func eachBadFileIsNamedWithItsFault() async throws {
        let certificates = try await TestCertificates.get()
        let folder = try TemporaryDirectory()
        let empty = try folder.write([], to: "empty.pem").path
        let noise = try folder.write(Array("-----BEGIN CERTIFICATE-----\nAAAA\n".utf8), to: "noise.pem").path
        let missing = folder.file("missing.pem").path
        let good = certificates.offer(clients: .require)
        func with(_ change: (inout TLSConfiguration) -> Void) -> TLSConfiguration {
            var changed = good
            change(&changed)
            return changed
        }
        let cases: [(TLSConfiguration, TLSConfigurationError.File, String, String)] = [
            (with { $0.certificatePath = missing }, .certificate, missing, "No such file"),
            (with { $0.certificatePath = empty }, .certificate, empty, "PEM certificates"),
            (with { $0.certificatePath = noise }, .certificate, noise, "PEM certificates"),
            (with { $0.certificatePath = folder.path }, .certificate, folder.path, "PEM certificates"),
            (with { $0.certificatePath = good.keyPath }, .certificate, good.keyPath, "PEM certificates"),
            (with { $0.keyPath = missing }, .key, missing, "No such file"),
            (with { $0.keyPath = good.certificatePath }, .key, good.certificatePath, "PEM key"),
            (with { $0.keyPath = certificates.key("encrypted") }, .key, certificates.key("encrypted"), "unencrypted"),
            (with { $0.keyPath = certificates.key("client") }, .key, certificates.key("client"), "belongs to"),
            (with { $0.clientAuthoritiesPath = missing }, .clientAuthorities, missing, "No such file"),
            (with { $0.clientAuthoritiesPath = empty }, .clientAuthorities, empty, "PEM certificates"),
            (with { $0.clientAuthoritiesPath = nil }, .clientAuthorities, "", "must be named"),
        ]
        for (configuration, file, path, words) in cases {
            let error = try #require(fault(in: configuration), "\(file) \(path)")
            #expect(error.file == file)
            #expect(error.path == path)
            #expect(error.reason.contains(words), "\(error)")
        }
    }

    @Test func aFileWithoutPermissionIsNamed() async throws {
        // root may read anything.
        guard geteuid() != 0 else { return }
        let certificates = try await TestCertificates.get()
        let folder = try TemporaryDirectory()
        let key = try folder.write(try Array(Data(contentsOf: URL(filePath: certificates.key("server")))), to: "k")
        chmod(key.path, 0)
        var configuration = certificates.offer()
        configuration.keyPath = key.path
        #expect(fault(in: configuration)?.reason.contains("Permission denied") == true)
    }

    @Test func aServerDoesNotStartWithBadFiles() async throws {
        let certificates = try await TestCertificates.get()
        var configuration = HTTPServerConfiguration(port: 0, currentTime: { 0 })
        configuration.tls = certificates.offer("client")
        configuration.tls?.keyPath = certificates.key("server")
        let server = HTTPServer(configuration, responder: try ServerUnderTest().responder)
        #expect(throws: HTTPServerError.self) { try server.start() }
    }

    /// Open connections go on, new ones see the new certificate, bad files change nothing.
    @Test func aReloadIsForNewConnections() async throws {
        let certificates = try await TestCertificates.get()
        let folder = try TemporaryDirectory()
        func put(_ name: String) throws {
            for (kind, path) in [("pem", certificates.certificate(name)), ("key", certificates.key(name))] {
                try folder.write(try Array(Data(contentsOf: URL(filePath: path))), to: "now.\(kind)")
            }
        }
        try put("server")
        let tls = TLSConfiguration(
            certificatePath: folder.file("now.pem").path, keyPath: folder.file("now.key").path,
            clientAuthoritiesPath: certificates.certificate("authority"))
        let server = try WireTransport.$current.withValue(.tls(tls)) { try ServerUnderTest(loops: 2) }
        let request = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
        let old = try server.connect()
        old.send(request)
        #expect(try old.readAnswer().status == 200)
        #expect(old.tls?.serverName == "server one")
        try put("renewed")
        try server.server.reloadTLS()
        for _ in 0..<4 { #expect(try server.connect().tls?.serverName == "server two") }
        old.send(request)
        #expect(try old.readAnswer().status == 200)
        // A key without its certificate.
        try folder.write(try Array(Data(contentsOf: URL(filePath: certificates.key("server")))), to: "now.key")
        #expect(throws: HTTPServerError.self) { try server.server.reloadTLS() }
        #expect(try server.connect().tls?.serverName == "server two")
        try folder.write([], to: "now.pem")
        #expect(throws: HTTPServerError.self) { try server.server.reloadTLS() }
        #expect(try server.connect().tls?.serverName == "server two")
    }
}
