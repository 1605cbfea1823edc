import CLinux
import CPlatform

/// Why the last operation on a file failed: errno.
var fileError: Int32 {
    get { platform_errno() }
    set { platform_set_errno(newValue) }
}

/// Its words, a constant of the C library: "No such file or directory".
public func fileErrorWords() -> UnsafePointer<CChar>? { UnsafePointer(strerror(fileError)) }

func closeKeepingErrno(_ descriptor: Int32) {
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
            descriptor = platform_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0)
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

/// A number as a floating constant of C, of at most 31 characters.
func writeDecimal(_ value: Double, isFloat: Bool, _ text: UnsafeMutablePointer<CChar>) {
    platform_write_decimal(value, isFloat ? 1 : 0, text)
}
