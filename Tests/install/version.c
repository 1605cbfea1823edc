/* C and C++: the headers that were found are of the library that was found, and of the version that
 * the command line names. */
#include <stdio.h>
#include <string.h>

#include <swiftreg.h>

int main(int argc, char **argv) {
    char header[64];
    snprintf(header, sizeof header, "%d.%d.%d", REG_VERSION_MAJOR, REG_VERSION_MINOR, REG_VERSION_PATCH);
    printf("header %s, library %s, wanted %s\n", header, reg_version(), argc > 1 ? argv[1] : "none");
    return argc != 2 || strcmp(header, argv[1]) != 0 || strcmp(reg_version(), argv[1]) != 0;
}
