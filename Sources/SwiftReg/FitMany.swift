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

/// A job that was checked, and what it needs beside the network's own.
private struct Checked<T: Scalar> {
    /// The number of the caller's job.
    var index: Int
    var result: ResultPlace<reg_fit_result>?
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
        guard let work = allocate(FitJob<T>.self, count) else { throw Failure(REG_ERROR_MEMORY) }
        defer { free(work) }
        guard let reports = allocate(Report.self, count) else { throw Failure(REG_ERROR_MEMORY) }
        defer { free(reports) }
        guard let checked = allocate(Checked<T>.self, count) else {
            throw Failure(REG_ERROR_MEMORY)
        }
        defer { free(checked) }

        var runs = 0
        for i in 0..<count {
            do throws(Failure) {
                let job = try jobs.job(i)
                var fit = try check(job, &reports[runs])
                if reports[runs].call != nil {
                    fit.options.report = Report.forward
                    fit.options.context = UnsafeRawPointer(reports + runs)
                }
                for k in 0..<runs where work[k].network == fit.network {
                    throw Failure(
                        REG_ERROR_SHAPE, "jobs", index: i, "has the network of an earlier job")
                }
                let result = job.result == nil ? nil : try SwiftReg.result(job.result, "result")
                (work + runs).initialize(to: fit)
                (checked + runs).initialize(to: Checked(index: i, result: result))
                runs += 1
                jobs.setStatus(i, REG_OK)
            } catch {
                jobs.setStatus(i, error.status)
            }
        }
        fitMany(work, count: runs)
        for k in 0..<runs {
            if let error = work[k].error {
                jobs.setStatus(checked[k].index, Failure(error).status)
                if error != .notFinite { continue }
            }
            checked[k].result?.write(reg_fit_result(work[k].result))
        }
        work.deinitialize(count: runs)
        checked.deinitialize(count: runs)
        for i in 0..<count where firstFailure == REG_OK { firstFailure = jobs.status(i) }
    }
    return callStatus == REG_OK ? firstFailure : callStatus
}

/// The arguments of one job.
@inline(__always)
private func check<Job: FitJobOfC>(
    _ job: Job, _ report: inout Report
) throws(Failure) -> FitJob<Job.Data.Element> {
    let network = try network(Job.Data.Element.self, job.network)
    let train = try examples(job.data, for: network)
    let validation =
        job.validation == nil
        ? nil : try examples(job.validation, .validation, for: network)
    let options = try read(job.options, "options")
    report = Report(call: options.report, context: options.context)
    return FitJob(
        network: network, examples: train, validation: validation,
        options: try fitOptions(options, network, m: train.count))
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
