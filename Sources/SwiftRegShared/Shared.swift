import SwiftReg
