import KernelInterface

/// Writes or reads the metadata of a network field by field, so that one list of fields serves both. The
/// field of an option has the option's name.
protocol FieldCoder: OptionCoder where Problem == NetworkError {
    /// Begins a field. Values up to `end` are its text.
    mutating func begin(_ name: StaticString) throws(NetworkError)
    mutating func end() throws(NetworkError)
    mutating func code(_ value: inout UInt64) throws(NetworkError)
    mutating func code(_ value: inout Double) throws(NetworkError)
    mutating func code<E: Choice>(_ value: inout E) throws(NetworkError)
    /// Separates two values of a field.
    mutating func space() throws(NetworkError)
}

extension FieldCoder {
    mutating func field(_ name: StaticString, _ value: inout UInt64) throws(NetworkError) {
        try begin(name)
        try code(&value)
        try end()
    }

    mutating func code(_ option: Option, _ value: inout UInt64) throws(NetworkError) {
        try field(option.info.name, &value)
    }

    mutating func code(_ option: Option, _ value: inout Double) throws(NetworkError) {
        try begin(option.info.name)
        try code(&value)
        try end()
    }

    mutating func code<E: Choice>(_ option: Option, _ value: inout E) throws(NetworkError) {
        try begin(option.info.name)
        try code(&value)
        try end()
    }

    /// Codes one value per layer.
    mutating func code(
        _ option: Option, _ layers: UnsafeMutablePointer<Layer>, _ count: Int,
        _ value: (_ coder: inout Self, _ layer: inout Layer) throws(NetworkError) -> Void
    ) throws(NetworkError) {
        try begin(option.info.name)
        for l in 0..<count {
            if l > 0 { try space() }
            try value(&self, &layers[l])
        }
        try end()
    }
}

// MARK: Writing

/// Writes fields as the members of a JSON object.
struct FieldWriter: FieldCoder {
    var writer: ByteWriter
    private var isFirst = true

    init(_ writer: ByteWriter) { self.writer = writer }

    mutating func begin(_ name: StaticString) {
        writer.write(isFirst ? "\"" : ",\"")
        isFirst = false
        writer.write(name)
        writer.write("\":\"")
    }

    mutating func end() { writer.write("\"") }
    mutating func code(_ value: inout UInt64) { writer.write(value) }
    mutating func code(_ value: inout Double) { writer.write(value) }
    mutating func code<E: Choice>(_ value: inout E) { writer.write(value.names.name) }
    mutating func space() { writer.write(" ") }
}

// MARK: Reading

/// Reads fields from a JSON object of strings. It must have each of them once; unknown members, which
/// other programs may add, are skipped.
struct FieldReader: FieldCoder {
    /// The text from the object on.
    private let text: ByteReader
    private var value = ByteReader(Slice(start: nil, count: 0))

    /// Advances `reader` past the object.
    init(_ reader: inout ByteReader) throws(NetworkError) {
        text = reader
        try reader.object { (reader, _) throws(NetworkError) in _ = try reader.string() }
    }

    func has(_ wanted: StaticString) throws(NetworkError) -> Bool {
        var isThere = false
        var reader = text
        try reader.object { (reader, name) throws(NetworkError) in
            _ = try reader.string()
            if name == wanted { isThere = true }
        }
        return isThere
    }

    func find(_ wanted: StaticString) throws(NetworkError) -> Slice {
        var value: Slice?
        var reader = text
        try reader.object { (reader, name) throws(NetworkError) in
            let text = try reader.string()
            guard name == wanted else { return }
            if value != nil { throw .format }
            value = text
        }
        guard let value else { throw .format }
        return value
    }

    mutating func begin(_ name: StaticString) throws(NetworkError) {
        value = ByteReader(try find(name))
    }

    mutating func end() throws(NetworkError) { try value.expectEnd() }
    mutating func code(_ result: inout UInt64) throws(NetworkError) { result = try value.integer() }
    mutating func code(_ result: inout Double) throws(NetworkError) { result = try value.real() }

    mutating func code<E: Choice>(_ result: inout E) throws(NetworkError) {
        let word = value.word()
        var raw: UInt32 = 0
        while let choice = E(rawValue: raw) {
            if word == choice.names.name {
                if !choice.isBuilt { throw .omitted }
                result = choice
                return
            }
            raw += 1
        }
        throw .format
    }

    mutating func space() throws(NetworkError) { try value.expect(" ") }
}
