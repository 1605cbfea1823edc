/// Elements per part of a divided call.
private let partSize = 1 << 14
/// Elements up to which a call is not divided.
private let maxUndivided = 1 << 16

/// Calls body(context, i, n) for parts of `count` elements, on several threads if there are several parts.
/// The body must capture nothing: see `Threads.run`.
func forEachPart<Context>(
    _ count: Int, _ context: Context,
    _ body: @escaping (_ context: Context, _ i: Int, _ n: Int) -> Void
) {
    if Threads.isSingle || count <= maxUndivided { return body(context, 0, count) }
    runParts(PartedCall(count: count, size: partSize, context: context, body: body))
}

/// The same for units that have `columns` elements each. A part begins at a multiple of 16 units: of a Philox
/// block, and of a cache line of numbers per unit.
func forEachPart<Context>(
    ofUnits count: Int, columns: Int, _ context: Context,
    _ body: @escaping (_ context: Context, _ first: Int, _ n: Int) -> Void
) {
    if Threads.isSingle || count * columns <= partSize { return body(context, 0, count) }
    let size = max(1, partSize / (16 * columns)) * 16
    runParts(PartedCall(count: count, size: size, context: context, body: body))
}

private func runParts<Context>(_ call: PartedCall<Context>) {
    Threads.run(parts: (call.count + call.size - 1) / call.size, call) { call, part in
        let i = part * call.pointee.size
        call.pointee.body(
            call.pointee.context, i, min(call.pointee.size, call.pointee.count - i))
    }
}

private struct PartedCall<Context> {
    let count: Int
    let size: Int
    let context: Context
    let body: (_ context: Context, _ i: Int, _ n: Int) -> Void
}

/// Calls body(i, n) for blocks of `count` elements, in order. Blocks are short, so that a lane's sum has few
/// terms. The block size is part of the result: changing it changes bits.
func forEachBlock(_ count: Int, _ body: (_ i: Int, _ n: Int) -> Void) {
    let blockSize = 512
    for i in stride(from: 0, to: count, by: blockSize) { body(i, min(blockSize, count - i)) }
}
