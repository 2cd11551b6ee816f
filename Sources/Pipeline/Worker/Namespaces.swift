internal import CLinux
internal import Foundation

/// The namespaces that a worker is born into (namespaces(7)).
///
/// They are asked for when the child is made, not by the child: a process namespace takes its first process at birth,
/// and what it has not to unshare itself it needs no right for. With a user namespace around them no right is needed
/// at all; it maps nobody, so the worker owns nothing and has no capability over anything outside.
struct Namespaces: OptionSet, Sendable {
    let rawValue: Int32

    static let user = Namespaces(rawValue: Int32(idp_clone_newuser))
    static let processes = Namespaces(rawValue: Int32(idp_clone_newpid))
    static let network = Namespaces(rawValue: Int32(idp_clone_newnet))
    static let mounts = Namespaces(rawValue: Int32(idp_clone_newns))
    static let ipc = Namespaces(rawValue: Int32(idp_clone_newipc) | Int32(idp_clone_newuts))

    /// What is tried, the best first: root in a container without user namespaces may still make the others, and where
    /// nothing is allowed (a container's own filter) the worker's other walls have to do.
    static let choices: [Namespaces] = [
        [.user, .processes, .network, .mounts, .ipc], [.processes, .network, .mounts, .ipc], [.network], [],
    ]

    /// Whether an error of clone(2) says that such namespaces are not to be had, so that fewer are worth a try.
    static func areRefused(by number: Int32) -> Bool {
        [EPERM, EINVAL, ENOSPC, ENOSYS, EUSERS, EACCES].contains(number)
    }

    /// Notes in a report that these hold.
    func note(in report: inout SandboxReport) {
        report.ownUser = contains(.user)
        report.noNetwork = contains(.network)
        report.ownProcesses = contains(.processes)
        report.ownMounts = contains(.mounts)
        report.ownIPC = contains(.ipc)
    }
}
