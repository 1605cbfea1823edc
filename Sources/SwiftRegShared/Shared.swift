@_exported import SwiftReg
