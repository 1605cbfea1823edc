/* What the tests on a board have in common. They give the library its heap themselves: board_start does nothing. */
#ifndef CHECKS_H
#define CHECKS_H

#include "board.h"

/* Counts a check; ends the program if it does not hold. */
void check(int holds, const char *what);

/* Writes how many checks there were. Returns the program's exit status. */
int end_checks(void);

#endif
