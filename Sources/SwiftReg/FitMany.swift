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

    func status(_ i: Int) -> reg_status {
        (address(i) + Int(reg_fit_job_status)).load(as: reg_status.self)
    }

    func setStatus(_ i: Int, _ status: reg_status) {
        (address(i) + Int(reg_fit_job_status))
            .storeBytes(of: status, as: reg_status.self)
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
        // Of the jobs that are accepted, side by side: the job, the reply, the caller's number.
        guard let work = allocate(FitJob<T>.self, count) else { throw Failure(REG_ERROR_MEMORY) }
        defer { free(work) }
        guard let replies = allocate(FitReply.self, count) else { throw Failure(REG_ERROR_MEMORY) }
        defer { free(replies) }
        guard let numbers = allocate(Int.self, count) else { throw Failure(REG_ERROR_MEMORY) }
        defer { free(numbers) }

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
                (work + accepted).initialize(to: job)
                (replies + accepted).initialize(to: reply)
                numbers[accepted] = i
                accepted += 1
                jobs.setStatus(i, REG_OK)
            } catch {
                jobs.setStatus(i, error.status)
            }
        }
        fitMany(work, count: accepted)
        for k in 0..<accepted {
            do throws(Failure) {
                try replies[k].answer(work[k].error, work[k].result)
            } catch {
                jobs.setStatus(numbers[k], error.status)
            }
        }
        work.deinitialize(count: accepted)
        replies.deinitialize(count: accepted)
        for i in 0..<count where firstFailure == REG_OK { firstFailure = jobs.status(i) }
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
