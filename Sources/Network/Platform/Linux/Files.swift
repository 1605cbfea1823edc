import CLinux
import CPlatform

/// Why the last operation on a file failed: errno.
var fileError: Int32 {
    get { platform_errno() }
    set { platform_set_errno(newValue) }
}

/// A file that is being written.
struct OutputFile {
    fileprivate let descriptor: Int32

    /// All of it, or an error.
    func write(_ bytes: UnsafeRawPointer, _ size: Int) throws(NetworkError) {
        var done = 0
        while done < size {
            let written = Int(CLinux.write(descriptor, bytes + done, size - done))
            if written > 0 {
                done += written
            } else if written == 0 {
                platform_set_errno(ENOSPC)
                throw .file
            } else if platform_errno() != EINTR {
                throw .file
            }
        }
    }
}

/// Makes a file of what `body` writes. It is written beside `path` and takes its place when all of
/// it is on the disk: whatever happens, there is the old file or the new one.
func replaceFile(
    _ path: UnsafePointer<CChar>, _ body: (_ file: OutputFile) throws(NetworkError) -> Void
) throws(NetworkError) {
    // A device or a pipe is not to be replaced by a file.
    var old = stat()
    if stat(path, &old) == 0 {
        let reason = platform_why_not_regular(&old)
        if reason != 0 {
            platform_set_errno(reason)
            throw .file
        }
    }
    let directory = directoryLength(path)
    guard let temporary = allocate(CChar.self, directory + 64) else { throw .memory }
    defer { freeKeepingFileError(temporary) }
    let descriptor = try createTemporary(temporary, path, directory)
    do throws(NetworkError) {
        do throws(NetworkError) {
            try body(OutputFile(descriptor: descriptor))
            while fsync(descriptor) != 0 {
                if platform_errno() != EINTR { throw .file }
            }
        } catch {
            closeKeepingErrno(descriptor)
            throw error
        }
        // Some file systems report a full disk only here.
        if close(descriptor) != 0 && platform_errno() != EINTR { throw .file }
        if rename(temporary, path) != 0 { throw .file }
    } catch {
        let reason = platform_errno()
        unlink(temporary)
        platform_set_errno(reason)
        throw error
    }
    // The file is in place. That its name outlives a power cut is as much as can be asked for here:
    // there is no way back to the old file, so a directory that cannot be synchronized is no error.
    var parentName = ByteWriter(temporary, capacity: directory + 2)
    parentName.write(path, directory)
    if directory == 0 { parentName.write(".") }
    parentName.write(byte: 0)
    let parent = platform_open(temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if parent >= 0 {
        fsync(parent)
        close(parent)
    }
}

/// The length of a path without its last component.
private func directoryLength(_ path: UnsafePointer<CChar>) -> Int {
    var length = strlen(path)
    while length > 0 && UInt8(bitPattern: path[length - 1]) != ascii("/") { length -= 1 }
    return length
}

/// A new, empty file, in the directory that the path begins with; `temporary` receives its path.
private func createTemporary(
    _ temporary: UnsafeMutablePointer<CChar>, _ path: UnsafePointer<CChar>, _ directory: Int
) throws(NetworkError) -> Int32 {
    // Other threads, and what a process of this number left when it was killed, have other numbers.
    for number in 0..<10_000 {
        var name = ByteWriter(temporary, capacity: directory + 64)
        name.write(path, directory)
        name.write(".swiftreg-")
        name.write(Int(getpid()))
        name.write("-")
        name.write(number)
        name.write(".tmp")
        name.write(byte: 0)
        var descriptor: Int32
        repeat {
            descriptor = platform_open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC)
        } while descriptor < 0 && platform_errno() == EINTR
        if descriptor >= 0 { return descriptor }
        if platform_errno() != EEXIST { break }
    }
    throw .file
}

private func closeKeepingErrno(_ descriptor: Int32) {
    let reason = platform_errno()
    close(descriptor)
    platform_set_errno(reason)
}

/// A regular file that is read.
struct InputFile {
    private let descriptor: Int32
    /// What it was at first.
    let size: Int

    /// Close it.
    init(path: UnsafePointer<CChar>) throws(NetworkError) {
        var descriptor: Int32
        repeat {
            // A pipe is refused below, not waited for.
            descriptor = platform_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        } while descriptor < 0 && platform_errno() == EINTR
        if descriptor < 0 { throw .file }
        var file = stat()
        var reason = fstat(descriptor, &file) == 0 ? 0 : platform_errno()
        if reason == 0 { reason = platform_why_not_regular(&file) }
        if reason != 0 {
            CLinux.close(descriptor)
            platform_set_errno(reason)
            throw .file
        }
        self.descriptor = descriptor
        size = Int(file.st_size)
    }

    func close() { closeKeepingErrno(descriptor) }

    /// `count` bytes within the size. A file that has become shorter is a format error.
    func read(at offset: Int, _ count: Int, into memory: UnsafeMutableRawPointer)
        throws(NetworkError)
    {
        var done = 0
        while done < count {
            let got = Int(pread(descriptor, memory + done, count - done, off_t(offset + done)))
            if got > 0 {
                done += got
            } else if got == 0 {
                throw .format
            } else if platform_errno() != EINTR {
                throw .file
            }
        }
    }
}
