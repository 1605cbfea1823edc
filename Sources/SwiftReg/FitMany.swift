import CLayout
import CPlatform
import CSwiftReg
import Network

// Many fits in one call.

protocol FitJobOfC: Sized {
    associatedtype Data: DataOfC
    var network: OpaquePointer! { get }
    var data: UnsafePointer<Data>! { get }
    var validation: UnsafePointer<Data>! { get }
    var options: UnsafePointer<reg_fit_options>! { get }
    var result: UnsafeMutablePointer<reg_fit_result>! { get }
    var event: reg_fit_event! { get }
}

extension reg_fit_job: FitJobOfC {}
extension reg_fit_job_f64: FitJobOfC {}

/// The jobs of a call, in the caller's memory.
private struct Jobs<Job: FitJobOfC> {
    private let first: UnsafeMutableRawPointer
    private let stride: Int
    let count: Int

    /// Jobs that are all readable and of one size.
    init(_ pointer: UnsafeMutablePointer<Job>?, _ count: Int) throws(Failure) {
        guard let pointer else { throw Failure(REG_ERROR_NULL, "jobs", "is NULL") }
        _ = try read(UnsafePointer(pointer), "jobs")
        first = UnsafeMutableRawPointer(pointer)
        stride = pointer.pointee.struct_size
        self.count = count
        _ = try elements(UInt8.self, Size(stride, "struct_size"), Size(count, "count"))
        for i in 0..<count {
            let size = address(i).load(as: Int.self)
            try require(
                size == stride, else: REG_ERROR_SIZE, "struct_size", index: i, is: .size(size),
                "must be that of the first job")
            _ = try job(i)
        }
    }

    private func address(_ i: Int) -> UnsafeMutableRawPointer { first + i * stride }

    func job(_ i: Int) throws(Failure) -> Job {
        try read(UnsafePointer(address(i).assumingMemoryBound(to: Job.self)), "jobs")
    }

    func status(_ i: Int) -> UnsafeMutablePointer<reg_status> {
        (address(i) + Int(reg_fit_job_status)).assumingMemoryBound(to: reg_status.self)
    }
}

private func fitMany<Job: FitJobOfC>(
    _ pointer: UnsafeMutablePointer<Job>?, _ count: Int
) -> reg_status {
    typealias T = Job.Data.Element
    var firstFailure = REG_OK
    let callStatus = status { () throws(Failure) in
        try requireSize(Size(count, "count"))
        if count == 0 { return }
        let jobs = try Jobs(pointer, count)
        // The jobs that are accepted and their replies, side by side.
        guard let work = allocate(FitJob<T>.self, count) else { throw Failure(REG_ERROR_MEMORY) }
        defer { free(work) }
        guard let replies = allocate(FitReply.self, count) else { throw Failure(REG_ERROR_MEMORY) }
        defer { free(replies) }

        var accepted = 0
        for i in 0..<count {
            do throws(Failure) {
                let c = try jobs.job(i)
                var (job, reply) = try fitArguments(
                    c.network, c.data, c.validation, c.options, c.result)
                for k in 0..<accepted where work[k].network == job.network {
                    throw Failure(
                        REG_ERROR_SHAPE, "jobs", index: i, "has the network of an earlier job")
                }
                // The report is the first field of the reply.
                job.options.context = UnsafeRawPointer(replies + accepted)
                job.event = FitReply.forward
                reply.event = c.event
                reply.status = jobs.status(i)
                (work + accepted).initialize(to: job)
                (replies + accepted).initialize(to: reply)
                accepted += 1
            } catch {
                jobs.status(i).pointee = error.status
            }
        }
        fitMany(work, count: accepted)
        // Recorded for this thread.
        for k in 0..<accepted { if let error = work[k].error { _ = Failure(error) } }
        work.deinitialize(count: accepted)
        replies.deinitialize(count: accepted)
        for i in 0..<count where firstFailure == REG_OK { firstFailure = jobs.status(i).pointee }
    }
    return callStatus == REG_OK ? firstFailure : callStatus
}

@c @implementation
public func reg_fit_many(_ jobs: UnsafeMutablePointer<reg_fit_job>?, _ count: Int) -> reg_status {
    fitMany(jobs, count)
}

@c @implementation
public func reg_fit_many_f64(
    _ jobs: UnsafeMutablePointer<reg_fit_job_f64>?, _ count: Int
) -> reg_status {
    fitMany(jobs, count)
}
