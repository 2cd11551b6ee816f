internal import CLinux
internal import Foundation

/// What a document that has taken over its worker would like to do. A worker tries it when its parent asks, so that
/// the walls can be seen to hold from inside, in the very process that reads documents.
enum ForbiddenAct: Codable, Hashable {
    /// Makes a socket of a family: AF_INET, AF_INET6, AF_UNIX, AF_NETLINK.
    case makeSocket(family: Int32)
    /// Opens a file to read it.
    case read(path: String)
    /// Makes a file, or opens it to write to it.
    case write(path: String)
    /// Lists a folder.
    case list(path: String)
    /// Starts a program by a path.
    case start(program: String)
    /// Copies itself (fork(2)).
    case copyItself
    /// Starts a thread.
    case startThread
    /// Sends signal 0 to a process by its number outside.
    case signal(process: Int32)
    /// Attaches to a process (ptrace(2)).
    case trace(process: Int32)
    /// A bare system call by its number, with zeros as arguments.
    case call(number: Int)
    /// Takes so much memory and writes to it.
    case takeMemory(bytes: Int)
    /// Opens so many descriptors.
    case takeDescriptors(count: Int)
    /// Computes for ever.
    case spin
    /// Waits for ever.
    case sleep
    /// Ends as a library does that finds itself in a bad state.
    case crash

    /// Tries it.
    ///
    /// - Returns: 0 when it worked, else the errno.
    func attempt() -> Int32 {
        switch self {
        case .makeSocket(let family): descriptor(socket(family, Int32(SOCK_STREAM.rawValue), 0))
        case .read(let path): descriptor(open(path, O_RDONLY))
        case .write(let path): descriptor(open(path, O_WRONLY | O_CREAT, 0o600))
        case .list(let path): descriptor(open(path, O_RDONLY | O_DIRECTORY))
        case .start(let program): start(program)
        case .copyItself: result(Int(idp_fork()))
        case .startThread: result(Int(idp_thread()))
        case .signal(let process): result(Int(kill(process, 0)))
        case .trace(let process): result(idp_call(Int(idp_call_ptrace), 16, Int(process)))
        case .call(let number): result(idp_call(number, 0, 0))
        case .takeMemory(let bytes): take(bytes)
        case .takeDescriptors(let count): (0..<count).lazy.map { _ in result(Int(dup(0))) }.first { $0 != 0 } ?? 0
        case .spin: wait { true }
        case .sleep: wait { poll(nil, 0, -1) >= 0 || errno == EINTR }
        case .crash: abort()
        }
    }

    private func descriptor(_ opened: Int32) -> Int32 {
        guard opened >= 0 else { return errno }
        close(opened)
        return 0
    }

    private func result(_ result: Int) -> Int32 { result >= 0 ? 0 : errno }

    private func start(_ program: String) -> Int32 {
        do throws(ChildFailure) {
            let child = try ChildStart(
                program: program, arguments: [program], environment: [:], descriptors: [nil, nil, nil])()
            waitpid(child, nil, 0)
            return 0
        } catch {
            return error.number
        }
    }

    private func take(_ bytes: Int) -> Int32 {
        let place = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let place, place != MAP_FAILED else { return errno }
        memset(place, 1, bytes)
        munmap(place, bytes)
        return 0
    }

    private func wait(while goesOn: () -> Bool) -> Int32 {
        while goesOn() {}
        return errno
    }
}
