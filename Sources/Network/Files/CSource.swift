import CPlatform
import KernelInterface

/// Floats or doubles, read as doubles.
struct Numbers {
    let memory: UnsafeRawPointer
    let areFloats: Bool

    func from(_ first: Int) -> Numbers {
        Numbers(memory: memory + first * (areFloats ? 4 : 8), areFloats: areFloats)
    }

    subscript(_ i: Int) -> Double {
        areFloats
            ? Double(memory.assumingMemoryBound(to: Float.self)[i])
            : memory.assumingMemoryBound(to: Double.self)[i]
    }
}

/// What a C file is made of.
struct CSource {
    let export: CExport
    let layers: UnsafePointer<Layer>
    let count: Int
    let loss: Loss
    let parameters: Numbers
    /// The type of the exported function.
    let isFloat: Bool
    /// The multiply-adds of a chain in a sum.
    let chain: Int

    fileprivate var inputs: Int { layers[0].nIn }
    fileprivate var outputs: Int { layers[count - 1].nOut }
}

extension Loss {
    /// The classes that so many outputs tell apart; 0: none, or any number of them at once.
    public func classes(outputs: Int) -> Int {
        switch self {
        case .binaryCrossEntropy: outputs == 1 ? 2 : 0
        case .softmaxCrossEntropy: outputs
        case .squaredError: 0
        }
    }
}

/// Writes the text of a C file that computes a network's predictions, or of its header. It is C99 and C++11 at
/// once.
struct CSourceWriter {
    enum File: UInt8 { case source, header }

    private let source: CSource
    private(set) var writer: ByteWriter

    init(_ source: CSource, _ writer: ByteWriter) {
        self.source = source
        self.writer = writer
    }

    mutating func write(_ file: File) {
        if file == .header { writeHeader() } else { writeSource() }
    }

    private mutating func writeSource() {
        writeComment()
        emit("#include <math.h>\n\n")
        writeDeclarations()
        if let values = source.export.stepValues {
            let constants = Numbers(memory: values, areFloats: false)
            for step in 0..<source.export.stepCount {
                writeArray("s", step, source.inputs, constants.from(step * source.inputs))
            }
        }
        for l in 0..<source.count {
            writeArray(
                "W", l, source.layers[l].weightCount,
                source.parameters.from(source.layers[l].weights))
            writeArray(
                "b", l, source.layers[l].nOut, source.parameters.from(source.layers[l].biases))
        }
        writeFunctions()
        emit("void @(const $T x[$a], $T y[$b]) {\n", source.inputs, source.outputs)
        writeBody()
        emit("}\n")
        if source.export.hasBlock { writeBlock() }
        if source.export.classCount > 0 { writeClasses() }
    }

    private mutating func writeHeader() {
        writeComment()
        emit("#ifndef @_H\n#define @_H\n\n")
        writeDeclarations()
        emit("#endif\n")
    }

    // MARK: Text

    /// Writes a template: @ is the function's name, $T the element type, $f the suffix of a number or function
    /// of that type, $a and $b are the arguments, $s is `text`.
    @inline(never)
    private mutating func emit(
        _ template: UnsafePointer<UInt8>, _ a: Int, _ b: Int, text: UnsafePointer<UInt8>
    ) {
        var i = 0
        while template[i] != 0 {
            switch template[i] {
            case ascii("@"): writer.write(cString: source.export.name)
            case ascii("$"):
                i += 1
                switch template[i] {
                case ascii("T"): writer.write(source.isFloat ? "float" : "double")
                case ascii("f"): writer.write(source.isFloat ? "f" : "")
                case ascii("a"): writer.write(a)
                case ascii("b"): writer.write(b)
                default:
                    writer.write(
                        cString: UnsafeRawPointer(text).assumingMemoryBound(to: CChar.self))
                }
            case let byte: writer.write(byte: byte)
            }
            i += 1
        }
    }

    // A literal is three words, and ends with a 0.
    @inline(__always)
    private mutating func emit(
        _ template: StaticString, _ a: Int = 0, _ b: Int = 0, text: StaticString = ""
    ) {
        emit(template.utf8Start, a, b, text: text.utf8Start)
    }

    private func step(_ i: Int) -> InputStep {
        source.export.steps.flatMap { InputStep(rawValue: $0[i]) } ?? .add
    }

    /// Writes a number with the digits that its type needs.
    private mutating func write(number: Double) {
        let value = source.isFloat ? Double(Float(number)) : number
        if value.isNaN { return writer.write("NAN") }
        if value.sign == .minus { writer.write("-") }
        if value.isInfinite { return writer.write("INFINITY") }
        var text = InlineArray<32, CChar>(repeating: 0)
        withUnsafeMutableBytes(of: &text) {
            let text = $0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self)
            writeDecimal(value.magnitude, isFloat: source.isFloat, text)
            writer.write(cString: text)
        }
        if source.isFloat { writer.write("f") }
    }

    // MARK: Declarations

    private mutating func writeComment() {
        emit(
            source.count == 1 ? "/* @: a network of $a layer, " : "/* @: a network of $a layers, ",
            source.count)
        writer.write(source.inputs)
        for l in 0..<source.count {
            writer.write(" - ")
            writer.write(source.layers[l].nOut)
        }
        writer.write(", exported by swiftreg ")
        writer.write(cString: source.export.version)
        emit(
            """
            .
             * C99 or C++11, or later. Needs nothing but math.h, allocates nothing, may be called from several
             * threads at once. Not for -ffast-math: infinities and NaN count. */

            """)
    }

    private mutating func writeDeclarations() {
        emit(
            """
            #ifdef __cplusplus
            extern "C" {
            #endif

            /* The outputs y of one example x, which must not overlap. */
            void @(const $T x[$a], $T y[$b]);

            """, source.inputs, source.outputs)
        if source.export.hasBlock {
            emit(
                """
                /* The same for m examples: x has m rows of $a, y has m rows of $b. */
                void @_block(const $T *x, long m, $T *y);

                """, source.inputs, source.outputs)
        }
        if source.export.classCount > 0 {
            emit(
                """
                /* The number of the likeliest class of an example, 0 to $b. */
                long @_class(const $T x[$a]);

                """, source.inputs, source.export.classCount - 1)
            if source.export.labels != nil {
                emit(
                    """
                    /* The labels of the classes, by their numbers. */
                    extern const char *const @_labels[$a];

                    """, source.export.classCount)
            }
        }
        emit("\n#ifdef __cplusplus\n}\n#endif\n\n")
    }

    // MARK: Constants

    /// Writes an array such as `name_W1`. Its name is longer than the function's, so the two differ.
    private mutating func writeArray(
        _ kind: StaticString, _ index: Int, _ count: Int, _ values: Numbers
    ) {
        emit("static const $T @_$s$a[$b] = {", index + 1, count, text: kind)
        for i in 0..<count {
            writer.write(i % 4 == 0 ? "\n    " : " ")
            write(number: values[i])
            if i < count - 1 { writer.write(",") }
        }
        writer.write("\n};\n\n")
    }

    /// Writes a string literal of C.
    private mutating func write(literal text: UnsafePointer<CChar>) {
        writer.write("\"")
        var i = 0
        while text[i] != 0 {
            let byte = UInt8(bitPattern: text[i])
            // A question mark may begin a trigraph.
            let isPlain =
                byte >= 0x20 && byte < 0x7f && byte != ascii("\"") && byte != ascii("\\")
                && byte != ascii("?")
            if isPlain {
                writer.write(byte: byte)
            } else {
                writer.write("\\")
                for shift in stride(from: UInt8(6), through: 0, by: -3) {
                    writer.write(byte: ascii("0") + (byte >> shift) & 7)
                }
            }
            i += 1
        }
        writer.write("\"")
    }

    // MARK: Functions

    private func uses(_ activation: Activation) -> Bool {
        for l in 0..<source.count - 1 where source.layers[l].activation == activation {
            return true
        }
        return activation == .sigmoid
            && (source.loss == .binaryCrossEntropy || uses(.silu))
    }

    private mutating func writeFunctions() {
        emit(
            """
            /* The sum of w x in the order of swiftreg, whose products are not rounded before they are added. */
            static $T @_sum(const $T *w, const $T *x, long n) {
                $T total = 0;
                for (long first = 0; first < n; first += $a) {
                    const long end = n - first < $a ? n : first + $a;
                    $T sum = 0;
                    for (long k = first; k < end; k++) sum = fma$f(w[k], x[k], sum);
                    total += sum;
                }
                return total;
            }

            /* z = W x + b; W has n_out rows of n_in. */
            static void @_dense(const $T *w, const $T *b, long n_in, long n_out, const $T *x, $T *z) {
                for (long i = 0; i < n_out; i++, w += n_in) {
                    $T sum = 0;

            """, source.chain)
        emit(source.isFloat ? "#ifndef FP_FAST_FMAF\n" : "#ifndef FP_FAST_FMA\n")
        emit(
            """
                    for (long k = 0; k < n_in; k++) sum += w[k] * x[k];
                    /* Where something overflowed, or without the need to ask: */
                    if (!(sum - sum == 0))
            #endif
                        sum = @_sum(w, x, n_in);
                    z[i] = sum + b[i];
                }
            }


            """)
        var raw: UInt32 = 0
        while let activation = Activation(rawValue: raw) {
            // SiLU is made of the sigmoid.
            if uses(activation) { writeFunction(activation) }
            raw += 1
        }
    }

    /// A function such as `name_relu`.
    private mutating func writeFunction(_ activation: Activation) {
        if activation == .identity || activation == .tanh { return }
        emit("static $T @_$s($T z) { ", text: activation.names.name)
        switch activation {
        case .identity, .tanh: break
        case .relu: emit("return z < 0 ? 0 : z;")
        case .leakyRelu:
            emit("return z > 0 ? z : ")
            write(number: leakySlope)
            emit(" * z;")
        case .sigmoid:
            emit(
                """

                    const $T e = exp$f(-fabs$f(z)), factor = z < 0 ? e : 1;
                    return factor - factor * (e / (1 + e));

                """)
        case .selu:
            emit("return z > 0 ? ")
            write(number: seluScale)
            emit(" * z : ")
            write(number: seluLimit)
            emit(" * expm1$f(z);")
        case .silu:
            emit("return (z < -$a ? -$a : z) * @_sigmoid(z);", expZero)
        case .gelu:
            emit("return (z < -$a ? -$a : z) * (erfc$f(-z * ", expZero)
            write(number: 0.5.squareRoot())
            emit(") / 2);")
        }
        emit(" }\n\n")
    }

    /// e^-z and the like are 0 from here on. Minus infinity times 0 would be NaN.
    private var expZero: Int { source.isFloat ? 104 : 746 }

    // MARK: The body

    /// The array of a layer's outputs: two buffers in turn, and y for the last layer.
    private func buffer(_ layer: Int) -> StaticString {
        layer == source.count - 1 ? "y" : layer % 2 == 0 ? "u" : "v"
    }

    private mutating func writeBody() {
        if source.export.stepCount > 0 { emit("    $T a[$a];\n", source.inputs) }
        for first in 0..<2 {
            var maxUnits = 0
            for l in stride(from: first, to: source.count - 1, by: 2) {
                maxUnits = max(maxUnits, source.layers[l].nOut)
            }
            if maxUnits > 0 {
                emit("    $T $s[$a];\n", maxUnits, text: first == 0 ? "u" : "v")
            }
        }
        for i in 0..<source.export.stepCount { writeStep(i, from: i == 0 ? "x" : "a") }
        for l in 0..<source.count {
            let layer = source.layers[l]
            emit("    @_dense(@_W$a, @_b$a, ", l + 1)
            emit("$a, $b, ", layer.nIn, layer.nOut)
            writer.write(l > 0 ? buffer(l - 1) : source.export.stepCount > 0 ? "a" : "x")
            emit(", $s);\n", text: buffer(l))
            if l < source.count - 1 { writeActivation(layer.activation, layer.nOut, buffer(l)) }
        }
        switch source.loss {
        case .binaryCrossEntropy: writeActivation(.sigmoid, source.outputs, "y")
        case .softmaxCrossEntropy: writeSoftmax()
        case .squaredError: break
        }
    }

    private mutating func writeStep(_ i: Int, from inputs: StaticString) {
        emit("    for (long i = 0; i < $a; i++) a[i] = ", source.inputs)
        let expression: StaticString =
            switch step(i) {
            case .subtract: "$s[i] - @_s$a[i];\n"
            case .divide: "$s[i] / @_s$a[i];\n"
            case .multiply: "$s[i] * @_s$a[i];\n"
            case .add: "$s[i] + @_s$a[i];\n"
            case .atLeast: "$s[i] < @_s$a[i] ? @_s$a[i] : $s[i];\n"
            case .atMost: "$s[i] > @_s$a[i] ? @_s$a[i] : $s[i];\n"
            case .missing: "$s[i] == @_s$a[i] ? ($T)NAN : $s[i];\n"
            case .impute: "$s[i] != $s[i] ? @_s$a[i] : $s[i];\n"
            }
        emit(expression, i + 1, text: inputs)
    }

    private mutating func writeActivation(
        _ activation: Activation, _ count: Int, _ a: StaticString
    ) {
        if activation == .identity { return }
        emit("    for (long i = 0; i < $a; i++) $s[i] = ", count, text: a)
        if activation == .tanh {
            emit("tanh$f")
        } else {
            emit("@_$s", text: activation.names.name)
        }
        emit("($s[i]);\n", text: a)
    }

    /// The largest pre-activation is subtracted first, so that nothing overflows.
    private mutating func writeSoftmax() {
        emit(
            """
                $T largest = y[0], total = 0;
                for (long i = 1; i < $a; i++) largest = largest < y[i] ? y[i] : largest;
                for (long i = 0; i < $a; i++) total += y[i] = exp$f(y[i] - largest);
                for (long i = 0; i < $a; i++) y[i] /= total;

            """, source.outputs)
    }

    // MARK: More functions

    // Their variables have names that differ from the function's.

    private mutating func writeBlock() {
        emit(
            """

            void @_block(const $T *@_x, long @_m, $T *@_y) {
                for (long @_i = 0; @_i < @_m; @_i++) @(@_x + @_i * $a, @_y + @_i * $b);
            }

            """, source.inputs, source.outputs)
    }

    private mutating func writeClasses() {
        if let labels = source.export.labels {
            emit("\nconst char *const @_labels[$a] = {", source.export.classCount)
            for c in 0..<source.export.classCount {
                writer.write("\n    ")
                if let label = labels[c] { write(literal: label) }
                if c < source.export.classCount - 1 { writer.write(",") }
            }
            writer.write("\n};\n")
        }
        emit(
            """

            long @_class(const $T @_x[$a]) {
                $T @_y[$b];
                @(@_x, @_y);

            """, source.inputs, source.outputs)
        if source.outputs == 1 {
            emit(
                source.isFloat ? "    return @_y[0] > 0.5f;\n}\n" : "    return @_y[0] > 0.5;\n}\n")
            return
        }
        emit(
            """
                long @_best = 0;
                for (long @_i = 1; @_i < $a; @_i++)
                    if (@_y[@_i] > @_y[@_best]) @_best = @_i;
                return @_best;
            }

            """, source.outputs)
    }
}
