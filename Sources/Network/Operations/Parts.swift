/// Elements per part of a divided call.
private let partSize = 1 << 16

/// Calls body(context, i, n) for parts of `count` elements, on several threads if there are several parts.
/// The body must capture nothing: see `Threads.run`.
func forEachPart<Context>(
    _ count: Int, _ context: Context,
    _ body: @escaping (_ context: Context, _ i: Int, _ n: Int) -> Void
) {
    if count <= partSize { return body(context, 0, count) }
    let call = PartedCall(count: count, context: context, body: body)
    Threads.run(parts: (count + partSize - 1) / partSize, call) { call, part in
        let i = part * partSize
        call.pointee.body(call.pointee.context, i, min(partSize, call.pointee.count - i))
    }
}

private struct PartedCall<Context> {
    let count: Int
    let context: Context
    let body: (_ context: Context, _ i: Int, _ n: Int) -> Void
}

/// Calls body(i, n) for blocks of `count` elements, in order. Blocks are short, so that a lane's sum has few
/// terms. The block size is part of the result: changing it changes bits.
func forEachBlock(_ count: Int, _ body: (_ i: Int, _ n: Int) -> Void) {
    let blockSize = 512
    for i in stride(from: 0, to: count, by: blockSize) { body(i, min(blockSize, count - i)) }
}
