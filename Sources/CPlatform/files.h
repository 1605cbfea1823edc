/* Files, for Swift sources: a macro like errno and a function of any number of arguments like open
 * cannot be imported. */
#ifndef SWIFTREG_FILES_H
#define SWIFTREG_FILES_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static inline int platform_errno(void) { return errno; }
static inline void platform_set_errno(int value) { errno = value; }

static inline int platform_open(const char *path, int flags) { return open(path, flags, 0666); }

/* 0, or why not. */
static inline int platform_why_not_regular(const struct stat *file) {
    if (S_ISREG(file->st_mode)) return 0;
    return S_ISDIR(file->st_mode) ? EISDIR : EINVAL;
}

#endif
