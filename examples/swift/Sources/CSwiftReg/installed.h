/* The headers of the installed library. */
#include <swiftreg.h>
