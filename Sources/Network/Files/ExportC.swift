import CPlatform
import KernelInterface

extension Network {
    /// Writes the network as a C file with a function `name`, which must be a function name. After a
    /// file error, errno has the reason.
    public func exportC(
        _ path: UnsafePointer<CChar>, name: UnsafePointer<CChar>, version: UnsafePointer<CChar>
    ) throws(NetworkError) {
        let text = try WrittenBytes { writer in
            var source = CSource(
                writer: writer, name: name, layers: layers, count: layerCount, loss: settings.loss,
                parameters: parameters, isFloat: MemoryLayout<T>.size == 4)
            source.write(version)
            writer = source.writer
        }
        defer { freeKeepingFileError(text.memory) }
        try replaceFile(path, FileContent(text.memory, text.count))
    }
}

/// The text of a C file that computes a network's predictions.
private struct CSource {
    var writer: ByteWriter
    let name: UnsafePointer<CChar>
    let layers: UnsafePointer<Layer>
    let count: Int
    let loss: Loss
    let parameters: UnsafeRawPointer
    let isFloat: Bool

    private var type: StaticString { isFloat ? "float" : "double" }
    private var outputs: Int { layers[count - 1].nOut }

    mutating func write(_ version: UnsafePointer<CChar>) {
        writeComment(version)
        writer.write("#include <math.h>\n\n")
        writeSignature()
        writer.write(";\n\n")
        for l in 0..<count {
            writeArray("W", l, layers[l].weights, layers[l].weightCount)
            writeArray("b", l, layers[l].biases, layers[l].nOut)
        }
        writeDense()
        writeSignature()
        writer.write(" {\n")
        writeBody()
        writer.write("}\n")
    }

    private mutating func writeComment(_ version: UnsafePointer<CChar>) {
        writer.write("/* ")
        writer.write(cString: name)
        writer.write(": a network of ")
        writer.write(count)
        writer.write(count == 1 ? " layer, " : " layers, ")
        writer.write(layers[0].nIn)
        for l in 0..<count {
            writer.write(" - ")
            writer.write(layers[l].nOut)
        }
        writer.write(", exported by swiftreg ")
        writer.write(cString: version)
        writer.write(
            """
            .
             * It computes the outputs y of one example x; the two must not overlap. It needs nothing but
             * math.h, allocates nothing, and may be called from several threads at once. */

            """)
    }

    private mutating func writeSignature() {
        writer.write("void ")
        writer.write(cString: name)
        writer.write("(const ")
        writer.write(type)
        writer.write(" x[")
        writer.write(layers[0].nIn)
        writer.write("], ")
        writer.write(type)
        writer.write(" y[")
        writer.write(outputs)
        writer.write("])")
    }

    /// Writes a name such as `name_W1`. It is longer than the function's name, so the two differ.
    private mutating func writeArrayName(_ kind: StaticString, _ layer: Int) {
        writer.write(cString: name)
        writer.write("_")
        writer.write(kind)
        writer.write(layer + 1)
    }

    private mutating func writeArray(
        _ kind: StaticString, _ layer: Int, _ first: Int, _ count: Int
    ) {
        writer.write("static const ")
        writer.write(type)
        writer.write(" ")
        writeArrayName(kind, layer)
        writer.write("[")
        writer.write(count)
        writer.write("] = {")
        for i in 0..<count {
            writer.write(i % 4 == 0 ? "\n    " : " ")
            writeNumber(parameter(first + i))
            if i < count - 1 { writer.write(",") }
        }
        writer.write("\n};\n\n")
    }

    private func parameter(_ i: Int) -> Double {
        isFloat
            ? Double(parameters.assumingMemoryBound(to: Float.self)[i])
            : parameters.assumingMemoryBound(to: Double.self)[i]
    }

    private mutating func writeNumber(_ value: Double) {
        if value.isNaN {
            writer.write("NAN")
        } else if value.isInfinite {
            writer.write(value < 0 ? "-INFINITY" : "INFINITY")
        } else {
            writer.write(value)
            if isFloat { writer.write("f") }
        }
    }

    private mutating func writeDense() {
        writer.write("/* z = W x + b; W has n_out rows of n_in. */\nstatic void ")
        writer.write(cString: name)
        writer.write("_dense(const ")
        writer.write(type)
        writer.write(" *w, const ")
        writer.write(type)
        writer.write(" *b, long n_in, long n_out, const ")
        writer.write(type)
        writer.write(" *x, ")
        writer.write(type)
        writer.write(" *z) {\n    for (long i = 0; i < n_out; i++) {\n        ")
        writer.write(type)
        writer.write(
            """
             sum = b[i];
                    for (long k = 0; k < n_in; k++) sum += w[i * n_in + k] * x[k];
                    z[i] = sum;
                }
            }


            """)
    }

    /// The array of a layer's outputs: two buffers in turn, and y for the last layer.
    private func buffer(_ layer: Int) -> StaticString {
        layer == count - 1 ? "y" : layer % 2 == 0 ? "u" : "v"
    }

    private mutating func writeBody() {
        for first in 0..<2 {
            var maxUnits = 0
            var l = first
            while l < count - 1 {
                maxUnits = max(maxUnits, layers[l].nOut)
                l += 2
            }
            if maxUnits == 0 { break }
            writer.write("    ")
            writer.write(type)
            writer.write(first == 0 ? " u[" : " v[")
            writer.write(maxUnits)
            writer.write("];\n")
        }
        for l in 0..<count {
            let layer = layers[l]
            writer.write("    ")
            writer.write(cString: name)
            writer.write("_dense(")
            writeArrayName("W", l)
            writer.write(", ")
            writeArrayName("b", l)
            writer.write(", ")
            writer.write(layer.nIn)
            writer.write(", ")
            writer.write(layer.nOut)
            writer.write(l == 0 ? ", x" : ", ")
            if l > 0 { writer.write(buffer(l - 1)) }
            writer.write(", ")
            writer.write(buffer(l))
            writer.write(");\n")
            if l < count - 1 {
                writeActivation(layer.activation, layer.nOut, buffer(l))
            }
        }
        switch loss {
        case .binaryCrossEntropy: writeActivation(.sigmoid, outputs, "y")
        case .softmaxCrossEntropy: writeSoftmax(outputs)
        case .squaredError: break
        }
    }

    private mutating func writeActivation(
        _ activation: Activation, _ count: Int, _ a: StaticString
    ) {
        if activation == .identity { return }
        writeLoop(from: 0, count)
        writeElement(a)
        writer.write(" = ")
        switch activation {
        case .identity: break
        case .relu:
            writeElement(a)
            writer.write(" < 0 ? 0 : ")
            writeElement(a)
        case .leakyRelu:
            writeElement(a)
            writer.write(" > 0 ? ")
            writeElement(a)
            writer.write(" : ")
            writeNumber(isFloat ? Double(Float(leakySlope)) : leakySlope)
            writer.write(" * ")
            writeElement(a)
        case .sigmoid:
            writer.write("1 / (1 + ")
            writeCall("exp")
            writer.write("(-")
            writeElement(a)
            writer.write("))")
        case .tanh:
            writeCall("tanh")
            writer.write("(")
            writeElement(a)
            writer.write(")")
        case .selu:
            writeElement(a)
            writer.write(" > 0 ? ")
            writeNumber(isFloat ? Double(Float(seluScale)) : seluScale)
            writer.write(" * ")
            writeElement(a)
            writer.write(" : ")
            writeNumber(isFloat ? Double(Float(seluLimit)) : seluLimit)
            writer.write(" * ")
            writeCall("expm1")
            writer.write("(")
            writeElement(a)
            writer.write(")")
        case .silu:
            writeElement(a)
            writer.write(" / (1 + ")
            writeCall("exp")
            writer.write("(-")
            writeElement(a)
            writer.write("))")
        case .gelu:
            writeElement(a)
            writer.write(" / 2 * ")
            writeCall("erfc")
            writer.write("(-")
            writeNumber(isFloat ? Double(Float(0.5).squareRoot()) : 0.5.squareRoot())
            writer.write(" * ")
            writeElement(a)
            writer.write(")")
        }
        writer.write(";\n")
    }

    /// The largest pre-activation is subtracted first, so that nothing overflows.
    private mutating func writeSoftmax(_ count: Int) {
        writer.write("    ")
        writer.write(type)
        writer.write(" most = y[0], sum = 0;\n")
        writeLoop(from: 1, count)
        writer.write("most = y[i] > most ? y[i] : most;\n")
        writeLoop(from: 0, count)
        writer.write("sum += y[i] = ")
        writeCall("exp")
        writer.write("(y[i] - most);\n")
        writeLoop(from: 0, count)
        writer.write("y[i] /= sum;\n")
    }

    private mutating func writeLoop(from first: Int, _ count: Int) {
        writer.write("    for (long i = ")
        writer.write(first)
        writer.write("; i < ")
        writer.write(count)
        writer.write("; i++) ")
    }

    private mutating func writeElement(_ array: StaticString) {
        writer.write(array)
        writer.write("[i]")
    }

    private mutating func writeCall(_ function: StaticString) {
        writer.write(function)
        if isFloat { writer.write("f") }
    }
}
