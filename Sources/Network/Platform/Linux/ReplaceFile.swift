import CLinux
import CPlatform

/// Makes a file of `content`. It is written beside the place that `path` leads to, its links followed, and
/// takes that place when all of it is on the disk: whatever happens, there is the old file or the new one. It
/// has the old file's permissions.
///
/// A file that cannot be replaced (it is mounted on its own, or its folder allows no new names) is
/// overwritten: see `overwrite`.
///
/// `second` is another file, made when all of the first is written. If it fails, both old ones stay.
func replaceFile(
    _ path: UnsafePointer<CChar>, _ content: FileContent,
    and second: (path: UnsafePointer<CChar>, content: FileContent)? = nil
) throws(NetworkError) {
    guard let target = allocate(CChar.self, pathCapacity) else { throw .memory }
    defer { freeKeepingFileError(target) }
    let isLink = try followLinks(path, target)
    var old = stat()
    let isThere = try findRegularFile(path, isLink ? target : nil, &old)
    let directory = directoryLength(target)
    guard let temporary = allocate(CChar.self, directory + 64) else { throw .memory }
    defer { freeKeepingFileError(temporary) }
    // Until it has the old file's permissions, it is its writer's alone.
    var descriptor = createTemporary(temporary, target, directory, mode: isThere ? 0o600 : 0o666)
    let isNamed = descriptor >= 0
    if !isNamed && isThere && mayBeOverwritten { descriptor = platform_memory_file() }
    if descriptor < 0 { throw .file }
    do throws(NetworkError) {
        defer { closeKeepingErrno(descriptor) }
        try write(content, to: descriptor)
        if let second { try replaceFile(second.path, second.content) }
        if isNamed {
            if isThere { platform_copy_owner_and_mode(descriptor, &old) }
            try synchronize(descriptor)
        }
        if !isNamed || rename(temporary, target) != 0 {
            guard isThere && (!isNamed || mayBeOverwritten) else { throw .file }
            try overwrite(target, from: descriptor)
            if isNamed { unlink(temporary) }
            return
        }
    } catch {
        let reason = platform_errno()
        if isNamed { unlink(temporary) }
        platform_set_errno(reason)
        throw error
    }
    synchronizeDirectory(target, directory, temporary)
}

private func write(_ content: FileContent, to file: Int32) throws(NetworkError) {
    let (first, second, third) = (content.first, content.second, content.third)
    try writeBytes(first.bytes, first.size, to: file, at: 0)
    if let second { try writeBytes(second.bytes, second.size, to: file, at: first.size) }
    if let third {
        try writeBytes(third.bytes, third.size, to: file, at: first.size + (second?.size ?? 0))
    }
}

/// Whether an error of creating a file or renaming to it leaves the old file to be written.
private var mayBeOverwritten: Bool {
    switch platform_errno() {
    case EBUSY, EXDEV, EACCES, EPERM, EROFS: true
    default: false
    }
}

/// All that was written is on the disk, or an error.
private func synchronize(_ descriptor: Int32) throws(NetworkError) {
    while fsync(descriptor) != 0 {
        if platform_errno() != EINTR { throw .file }
    }
    // Some file systems report a full disk only here.
    let copy = dup(descriptor)
    if copy >= 0 && close(copy) != 0 && platform_errno() != EINTR { throw .file }
}

/// The file is in place. That its name outlives a power cut is as much as can be asked for here: there is no
/// way back to the old file, so a directory that cannot be synchronized is no error.
private func synchronizeDirectory(
    _ path: UnsafePointer<CChar>, _ directory: Int, _ name: UnsafeMutablePointer<CChar>
) {
    var writer = ByteWriter(name, capacity: directory + 2)
    writer.write(path, directory)
    if directory == 0 { writer.write(".") }
    writer.write(byte: 0)
    let parent = platform_open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
    if parent >= 0 {
        fsync(parent)
        close(parent)
    }
}

// MARK: Paths

/// The longest path of Linux, and its 0.
private let pathCapacity = 4096

private func fail(_ reason: Int32) -> NetworkError {
    platform_set_errno(reason)
    return .file
}

/// Writes the path of what `path` leads to, which need not exist, and returns whether `path` is a link. Links of
/// folders are the system's.
private func followLinks(
    _ path: UnsafePointer<CChar>, _ target: UnsafeMutablePointer<CChar>
) throws(NetworkError) -> Bool {
    let length = strlen(path)
    if length >= pathCapacity { throw fail(ENAMETOOLONG) }
    memcpy(target, path, length + 1)
    guard let link = allocate(CChar.self, pathCapacity) else { throw .memory }
    defer { freeKeepingFileError(link) }
    var links = 0
    while true {
        let size = Int(readlink(target, link, pathCapacity))
        // It is no link, or the error will be met again.
        if size < 0 { return links > 0 }
        let directory = UInt8(bitPattern: link[0]) == ascii("/") ? 0 : directoryLength(target)
        if directory + size >= pathCapacity { throw fail(ENAMETOOLONG) }
        memcpy(target + directory, link, size)
        target[directory + size] = 0
        links += 1
        // As many as the system follows.
        if links == 40 { throw fail(ELOOP) }
    }
}

/// Whether there is a file. A device or a pipe is an error; so is a link that cannot be followed by its text,
/// as those of /proc to files that have been removed. `target` is where the text leads to, nil without a link.
private func findRegularFile(
    _ path: UnsafePointer<CChar>, _ target: UnsafePointer<CChar>?, _ file: inout stat
) throws(NetworkError) -> Bool {
    // Another process may replace the file between the two questions, but not every time.
    for _ in 0..<100 {
        if stat(path, &file) != 0 { return false }
        let reason = platform_why_not_regular(&file)
        if reason != 0 { throw fail(reason) }
        guard let target else { return true }
        var same = stat()
        if stat(target, &same) == 0 && same.st_ino == file.st_ino && same.st_dev == file.st_dev {
            return true
        }
    }
    throw fail(EINVAL)
}

/// The length of a path without its last component.
private func directoryLength(_ path: UnsafePointer<CChar>) -> Int {
    var length = strlen(path)
    while length > 0 && UInt8(bitPattern: path[length - 1]) != ascii("/") { length -= 1 }
    return length
}

/// A new, empty file in the directory that the path begins with, or -1; `temporary` receives its path.
private func createTemporary(
    _ temporary: UnsafeMutablePointer<CChar>, _ path: UnsafePointer<CChar>, _ directory: Int,
    mode: mode_t
) -> Int32 {
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
            descriptor = platform_open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        } while descriptor < 0 && platform_errno() == EINTR
        if descriptor >= 0 || platform_errno() != EEXIST { return descriptor }
    }
    return -1
}

// MARK: Overwriting

/// Replaces the content of a file by that of another. After an error, it has the old content again. After a
/// crash it may be damaged: its first 8 bytes are 0 until all others are on the disk, so that what is read
/// then is no network. Calls wait for each other; readers do not.
private func overwrite(_ path: UnsafePointer<CChar>, from source: Int32) throws(NetworkError) {
    let target = platform_open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0)
    if target < 0 { throw .file }
    defer { closeKeepingErrno(target) }
    while flock(target, LOCK_EX) != 0 && platform_errno() == EINTR {}
    let (size, oldSize) = (fileSize(source), fileSize(target))
    let old = platform_memory_file()
    if old < 0 { throw .file }
    defer { closeKeepingErrno(old) }
    try copyBytes(0..<oldSize, from: target, to: old)
    do throws(NetworkError) {
        try replaceContent(of: target, by: source, size)
    } catch {
        let reason = platform_errno()
        do throws(NetworkError) { try replaceContent(of: target, by: old, oldSize) } catch {}
        platform_set_errno(reason)
        throw error
    }
}

private func replaceContent(of target: Int32, by source: Int32, _ size: Int) throws(NetworkError) {
    let mark = min(8, size)
    var none: UInt64 = 0
    try writeBytes(&none, mark, to: target, at: 0)
    try synchronize(target)
    try copyBytes(mark..<size, from: source, to: target)
    if ftruncate(target, off_t(size)) != 0 { throw .file }
    try synchronize(target)
    try copyBytes(0..<mark, from: source, to: target)
    try synchronize(target)
}

private func fileSize(_ descriptor: Int32) -> Int {
    var file = stat()
    return fstat(descriptor, &file) == 0 ? Int(file.st_size) : 0
}

private func copyBytes(
    _ range: Range<Int>, from source: Int32, to target: Int32
) throws(NetworkError) {
    let capacity = 1 << 16
    guard let buffer = allocateBlock(capacity, largePages: false) else { throw .memory }
    defer { freeKeepingFileError(buffer) }
    var offset = range.lowerBound
    while offset < range.upperBound {
        let count = Int(
            pread(source, buffer, min(capacity, range.upperBound - offset), off_t(offset)))
        if count < 0 && platform_errno() == EINTR { continue }
        if count == 0 { throw fail(EIO) }
        if count < 0 { throw .file }
        try writeBytes(buffer, count, to: target, at: offset)
        offset += count
    }
}

private func writeBytes(
    _ bytes: UnsafeRawPointer, _ size: Int, to target: Int32, at offset: Int
) throws(NetworkError) {
    var done = 0
    while done < size {
        let count = Int(pwrite(target, bytes + done, size - done, off_t(offset + done)))
        if count > 0 {
            done += count
        } else if count == 0 {
            throw fail(ENOSPC)
        } else if platform_errno() != EINTR {
            throw .file
        }
    }
}
