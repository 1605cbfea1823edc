/* What the program uses of the installed library. */
#include <swiftreg.h>
